#include "kernels.h"
#define TABLE nnsh_table_baseline
#define WIDTH 4
#include "bodies.h"
