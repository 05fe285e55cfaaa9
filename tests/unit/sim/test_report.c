/* test_report.c - the page holds the data, and nothing in the data can become part of the page. */
#include "output/report.h"

#include <cjson/cJSON.h>

#include "fixture.h"
#include "output/recording.h"

#define HOSTILE "</script><script>alert(1)</script><img src=x onerror=alert(1)><!--"

static unsigned count_of(const char *text, const char *word) {
    unsigned count = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        count++;
    }
    return count;
}

/* The text between the data element's tags. */
static char *data_of(const char *html) {
    const char *start = strstr(html, "id=\"faultline-data\">");
    g_assert_nonnull(start);
    start = strchr(start, '>') + 1;
    const char *end = strstr(start, "</script>");
    g_assert_nonnull(end);
    return g_strndup(start, (gsize)(end - start));
}

static void test_page_is_whole(void) {
    g_assert_cmpuint(count_of(report_page, "@FAULTLINE_DATA@"), ==, 1);
    g_assert_cmpuint(strlen(report_page), <, 100 * 1024);
    g_assert_nonnull(strstr(report_page, "Content-Security-Policy"));
    g_assert_nonnull(strstr(report_page, "default-src 'none'"));
    g_assert_nonnull(strstr(report_page, "Permission is hereby granted")); /* uPlot's licence */
    g_assert_null(strstr(report_page, "unsafe-"));
}

static void test_text_stays_text(void) {
    const char *parts[] = {"{\"schema\": \"x\", \"name\": \"" HOSTILE "\"}", "{\"second\": 2}",
                           NULL};
    g_autofree char *html = report_html(parts);
    g_autofree char *data = data_of(html);
    g_assert_null(strchr(data, '<'));
    cJSON *document = cJSON_Parse(data);
    g_assert_nonnull(document);
    cJSON *list = cJSON_GetObjectItem(document, "parts");
    g_assert_cmpint(cJSON_GetArraySize(list), ==, 2);
    cJSON *name = cJSON_GetObjectItem(cJSON_GetArrayItem(list, 0), "name");
    g_assert_cmpstr(cJSON_GetStringValue(name), ==, HOSTILE);
    cJSON_Delete(document);
    /* The page around the data is as it was. */
    g_assert_cmpuint(strlen(html) - strlen(data), ==,
                     strlen(report_page) - strlen("@FAULTLINE_DATA@"));
}

/* As hostile as a process's name may be. */
#define HOSTILE_NAME "<!--<script><img src=x onerror=alert(1)>"

/* ---- recordings ------------------------------------------------------------------------------- */

static char *record(const char *machine, const char *processes) {
    Fixture fixture = fixture_of(machine, processes);
    fixture.machine->check.every = 0; /* what is recorded does not depend on it */
    g_autoptr(Recorder) series = recorder_for(fixture.machine);
    g_autoptr(Film) film = film_new();
    g_autoptr(FaultLog) faults = fault_log_new();
    film_attach(film, fixture.machine);
    fault_log_attach(faults, fixture.machine);
    recorder_sample(series, fixture.machine);
    film_look(film, false);
    fixture_run(&fixture);
    recorder_sample(series, fixture.machine);
    film_look(film, false);
    g_autoptr(Stats) stats = stats_collect(fixture.machine);
    Recording recording = {stats, series, film, faults};
    char *json = recording_json(&recording);
    fixture_clear(&fixture);
    return json;
}

static void test_recording_is_json(void) {
    static const char processes[] = "{'name':'" HOSTILE_NAME "','program':["
                                    "{'op':'malloc','id':'a','size':5000},"
                                    "{'op':'fill','id':'a'},"
                                    "{'op':'phase','name':'" HOSTILE_NAME "'}]}";
    g_autofree char *json = record("'frames': 8", processes);
    g_autofree char *again = record("'frames': 8", processes);
    g_assert_cmpstr(json, ==, again);
    cJSON *document = cJSON_Parse(json);
    g_assert_nonnull(document);
    g_assert_cmpstr(cJSON_GetStringValue(cJSON_GetObjectItem(document, "schema")), ==,
                    RECORDING_SCHEMA);
    cJSON *stats = cJSON_GetObjectItem(document, "stats");
    cJSON *process = cJSON_GetArrayItem(cJSON_GetObjectItem(stats, "processes"), 0);
    g_assert_cmpstr(cJSON_GetStringValue(cJSON_GetObjectItem(process, "name")), ==, HOSTILE_NAME);
    cJSON *frames = cJSON_GetObjectItem(cJSON_GetObjectItem(document, "film"), "frames");
    cJSON *use = cJSON_GetObjectItem(frames, "use");
    g_assert_cmpint((int)cJSON_GetNumberValue(cJSON_GetObjectItem(use, "n")) % 8, ==, 0);
    cJSON_Delete(document);
}

/* A thousand processes with a thousand phases each do not make a page of megabytes. */
static void test_recording_is_bounded(void) {
    g_autofree char *json =
        record("'frames': 4096", "{'copies':300,'program':[{'op':'repeat','times':200,'do':["
                                 "{'op':'phase','name':'again'},"
                                 "{'op':'compute','cpu':'1us'}]}]}");
    g_assert_cmpuint(strlen(json), <, 20u << 20);
    cJSON *document = cJSON_Parse(json);
    cJSON *stats = cJSON_GetObjectItem(document, "stats");
    cJSON *processes = cJSON_GetObjectItem(stats, "processes");
    g_assert_cmpint(cJSON_GetArraySize(processes), ==, 64);
    cJSON *phases = cJSON_GetObjectItem(cJSON_GetArrayItem(processes, 0), "phases");
    g_assert_cmpint(cJSON_GetArraySize(phases), ==, 64);
    cJSON_Delete(document);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/report/page", test_page_is_whole);
    g_test_add_func("/report/text", test_text_stays_text);
    g_test_add_func("/report/recording", test_recording_is_json);
    g_test_add_func("/report/bounded", test_recording_is_bounded);
    return g_test_run();
}
