/* plugin.h - shared objects with policies and allocators of one's own (faultline/plugin.h).
 *
 * A plugin is code in our process: it is checked before it is called, but then it can do what any
 * code can.  Used by the registry, which makes its names known.
 */
#ifndef FAULTLINE_SIM_PLUGIN_H
#define FAULTLINE_SIM_PLUGIN_H

#include <glib.h>

#include "faultline/plugin.h"

#define PLUGIN_ERROR (plugin_error_quark())
GQuark plugin_error_quark(void);

/* What the shared object `path` exports, for as long as the program runs.  NULL and `error` if it can
 * not be loaded, was built against other headers, or leaves out what every component must give. */
const Plugin *plugin_load(const char *path, GError **error);

#endif
