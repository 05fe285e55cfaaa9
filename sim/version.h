/* version.h - the version that `--version` and run.json state; the same as CMakeLists.txt's. */
#ifndef FAULTLINE_VERSION_H
#define FAULTLINE_VERSION_H

#define FAULTLINE_VERSION "0.1.0"

#endif
