#include "geometry.h"
const Geometry geometry_presets[] = {{.name = NULL}};
