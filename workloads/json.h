/* json.h - typed getters over a document, whose errors say where, what and what instead.
 *
 * Idea: the first mistake sticks.  A getter that finds one notes it in the reader and returns a
 * harmless value in range, and from then on errors are no longer noted; so loading
 * code reads like the format's manual, and asks reader->error once at the end of each part.
 *
 * An object remembers which keys were asked for: json_end() refuses all others, and so the list
 * of known keys is the code that reads them.
 *
 *   JsonObject o = json_object(reader, item);
 *   spec->quantum = json_number(&o, "quantum", &QUANTUM_RANGE, 1000000);
 *   json_end(&o);
 */
#ifndef FAULTLINE_JSON_H
#define FAULTLINE_JSON_H

#include "document.h"
#include "units.h"

typedef struct Reader {
    Document *document;
    GError *error; /* the first mistake, or NULL */
} Reader;

#define JSON_KEYS_MAX 32

typedef struct JsonObject {
    Reader *reader;
    const cJSON *item;                    /* NULL: not an object; every getter then finds nothing */
    const char *asked[JSON_KEYS_MAX + 1]; /* ended by NULL */
    unsigned asked_count;
    const char *missing;       /* the first required key that is not there ... */
    const char *missing_other; /* ... or the one that would do as well, or NULL */
} JsonObject;

/* What a number may be: an inclusive range in some unit. */
typedef struct NumberRange {
    Unit unit;
    uint64_t min, max;
} NumberRange;

extern const NumberRange ANY_SIZE, ANY_COUNT, ANY_ADDRESS;

/* Note a mistake in the value `at`; json_key_error: in its key. */
void json_error(Reader *reader, const cJSON *at, const char *format, ...) G_GNUC_PRINTF(3, 4);
void json_key_error(Reader *reader, const cJSON *at, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* "expected EXPECTED, found ..." */
void json_expected(Reader *reader, const cJSON *at, const char *expected);
/* "unknown WHAT "word"; did you mean ..." - or which words are known. */
void json_unknown(Reader *reader, const cJSON *at, bool key, const char *what, const char *word,
                  const char *const *known);

/* ---- objects --------------------------------------------------------------------------- */

/* An object about to be read; if `item` is none, that is a mistake, and it is empty. */
JsonObject json_object(Reader *reader, const cJSON *item);
/* A member of any kind; NULL if it is not there.  need: its absence is a mistake. */
const cJSON *json_member(JsonObject *object, const char *key);
const cJSON *json_need(JsonObject *object, const char *key);
/* Note that `key`, or else `other` (may be NULL), is required and not there. */
void json_missing(JsonObject *object, const char *key, const char *other);
/* Refuse keys that nobody asked for, then missing ones. */
void json_end(JsonObject *object);

/* The number of elements of an array with at least `min`; a mistake, and 0, if it is none. */
unsigned json_array(Reader *reader, const cJSON *item, unsigned min, unsigned max);

/* ---- members: `initial` if the key is not there ------------------------------------------ */

/* Within `range`; otherwise a mistake, and its minimum. */
uint64_t json_number(JsonObject *object, const char *key, const NumberRange *range,
                     uint64_t initial);
uint64_t json_need_number(JsonObject *object, const char *key, const NumberRange *range);
/* With a sign, as int64. */
int64_t json_need_signed(JsonObject *object, const char *key, Unit unit);
bool json_bool(JsonObject *object, const char *key, bool initial);
/* 0..1 in millionths. */
uint32_t json_share(JsonObject *object, const char *key, uint32_t initial);
/* Text of at most 64 KiB, without control characters but \n and \t; `initial` (may be NULL) if the
 * key is not there.  To be freed. */
char *json_text(JsonObject *object, const char *key, const char *initial);
/* The index of a word among `words`, ended by NULL.  `what` names the kind in messages. */
unsigned json_word(JsonObject *object, const char *key, const char *what, const char *const *words,
                   unsigned initial);

/* ---- single values, such as elements of arrays ------------------------------------------- */

/* Values that are no members: elements of arrays. */
uint64_t json_number_value(Reader *reader, const cJSON *item, const NumberRange *range);
unsigned json_word_value(Reader *reader, const cJSON *item, const char *what,
                         const char *const *words);
/* The string, or NULL (and a mistake) if it is none.  Belongs to the document. */
const char *json_string_value(Reader *reader, const cJSON *item, const char *expected);

#endif
