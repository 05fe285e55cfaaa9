/* film_json.h - the pictures of a film as columns: the member "film" of recording.json.
 *
 * Idea: a table is the rows of all pictures one behind the other; "spaces" says how many rows of
 * each table belong to which process in which picture.
 *
 * Frames have one spacing in all pictures, that of the coarsest; a frame that a picture has not
 * got was not used yet, so it is as it was when the machine started.
 */
#ifndef FAULTLINE_FILM_JSON_H
#define FAULTLINE_FILM_JSON_H

#include "film.h"
#include "output/column.h"
#include "output/json.h"

/* {"n": how many, "z": text} */
void json_writer_column(JsonWriter *w, const char *key, const Column *column);

/* The member "film" of the object that is open. */
void film_write_json(JsonWriter *w, const Film *film, const MemoryConfig *config);

#endif
