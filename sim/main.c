/* main.c - the program: takes the command line apart, calls a verb, says what went wrong.
 *
 * The only file that prints errors or exits.  Data goes to stdout, words go to stderr.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "registry.h"
#include "verbs.h"
#include "version.h"

/* Was a standard descriptor closed by the caller?  Then the next file opened would get its
 * number, and be written into.  Opened for reading only, writing to it fails as it should. */
static void keep_descriptors(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0) {
            _exit(EXIT_CODE_RUNTIME);
        }
    }
}

/* Whoever cannot go on calls abort: a room whose memory the host refuses, or an assertion, which has
 * said so by then.  To the caller that is a runtime error like any other. */
static void on_abort(int signal_number) {
    static const char words[] = "faultline: out of memory, or an assertion failed: giving up\n";
    (void)signal_number;
    (void)!write(STDERR_FILENO, words, sizeof(words) - 1);
    _exit(EXIT_CODE_RUNTIME);
}

/* Ctrl-C, or a time limit: files are whole or not there (output/atomic.c), so ending at once is right.
 * The caller is to see that it was the signal. */
static void on_interrupt(int signal_number) {
    static const char words[] = "\nfaultline: interrupted\n";
    (void)!write(STDERR_FILENO, words, sizeof(words) - 1);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* What the caller ignores (nohup) stays ignored. */
static void listen_for(int signal_number) {
    if (signal(signal_number, on_interrupt) == SIG_IGN) {
        signal(signal_number, SIG_IGN);
    }
}

static ExitCode call_verb(const Options *options, Stream *out, GError **error) {
    static ExitCode (*const verbs[VERB_COUNT])(const Options *, Stream *, GError **) = {
        [VERB_run] = verb_run,         [VERB_explain] = verb_run, [VERB_quiz] = verb_quiz,
        [VERB_compare] = verb_compare, [VERB_curve] = verb_curve, [VERB_check] = verb_check,
        [VERB_report] = verb_report,   [VERB_list] = verb_list,   [VERB_help] = verb_help,
    };
    if (options->help) {
        return verb_help(options, out, error);
    }
    for (guint i = 0; i < options->plugins->len; i++) {
        if (!registry_add_plugin(options->plugins->pdata[i], error)) {
            return EXIT_CODE_RUNTIME;
        }
    }
    return verbs[options->verb](options, out, error);
}

static ExitCode parse_and_call(int argc, char **argv, Stream *out) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Options) options = options_parse(argc, argv, &error);
    ExitCode code = options == NULL ? EXIT_CODE_USAGE : call_verb(options, out, &error);
    if (error != NULL) {
        /* What was printed so far comes first, also if both go to one terminal. */
        stream_finish(out);
        fprintf(stderr, "faultline: %s\n", error->message);
    }
    if (code == EXIT_CODE_USAGE) {
        bool known = argc > 1 && g_strv_contains(verb_names, argv[1]);
        fprintf(stderr, "Try: faultline help%s%s\n", known ? " " : "", known ? argv[1] : "");
    }
    return code;
}

/* The two options that stand in a verb's place. */
static ExitCode call(int argc, char **argv, Stream *out) {
    const char *word = argc == 2 ? argv[1] : "";
    if (strcmp(word, "--version") == 0) {
        stream_write(out, "faultline " FAULTLINE_VERSION "\n");
        return EXIT_CODE_FINISHED;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        g_autofree char *text = help_text(VERB_COUNT);
        stream_write(out, text);
        return EXIT_CODE_FINISHED;
    }
    return parse_and_call(argc, argv, out);
}

int main(int argc, char **argv) {
    keep_descriptors();
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGABRT, on_abort);
    listen_for(SIGINT);
    listen_for(SIGTERM);
    Stream out;
    stream_init(&out, STDOUT_FILENO);
    ExitCode code = call(argc, argv, &out);
    int failure = stream_finish(&out);
    stream_clear(&out);
    if (failure != 0) {
        fprintf(stderr, "faultline: cannot write to standard output: %s\n", strerror(failure));
        return EXIT_CODE_RUNTIME;
    }
    return code;
}
