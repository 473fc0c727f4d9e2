#include "library.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

#include "include/COneDNN.h"

typedef struct {
  int major, minor, patch;
  const char *hash;
  unsigned cpu_runtime, gpu_runtime;
} version;

static nnsh_dnnl found = {.status = nnsh_onednn_absent};
static char version_text[32];
static int is_opened;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/// Where the program is, without links; 0 where the system does not say.
static int find_program(char program[PATH_MAX]) {
  if (realpath("/proc/self/exe", program) != NULL) return 1;
#if defined(__linux__)
  // Without /proc, as the kernel was told to start it.
  const char *name = (const char *)getauxval(AT_EXECFN);
  return name != NULL && realpath(name, program) != NULL;
#else
  return 0;
#endif
}

/// The folder `lib` beside the program's `bin`, where a Python package brings the library; 0 where
/// the system does not say where the program is.
static int find_own_folder(char *folder, size_t size) {
  char program[PATH_MAX];
  if (!find_program(program)) return 0;
  for (int level = 0; level < 2; level++) {
    char *slash = strrchr(program, '/');
    if (slash == NULL) return 0;
    *slash = 0;
  }
  return (size_t)snprintf(folder, size, "%s/lib", program) < size;
}

static void *open_beside_program(void) {
  char folder[PATH_MAX], path[PATH_MAX + 32];
  if (!find_own_folder(folder, sizeof folder)) return NULL;
  snprintf(path, sizeof path, "%s/libdnnl.so.3", folder);
  if (access(path, R_OK) != 0) return NULL;
  // What the library asks the system for, and a bare system lacks, is found when it is open already.
  if (dlopen("libgomp.so.1", RTLD_LAZY | RTLD_LOCAL) == NULL) {
    char team[PATH_MAX + 32];
    snprintf(team, sizeof team, "%s/nnsh/libgomp.so.1", folder);
    dlopen(team, RTLD_LAZY | RTLD_LOCAL);
  }
  return dlopen(path, RTLD_LAZY | RTLD_LOCAL);
}

/// The file that NNSH_ONEDNN names, "none" for none; otherwise one beside the program, otherwise the
/// newest version that the system has.
static void *open_file(void) {
  static const char *const names[] = {
#if defined(__APPLE__)
      "libdnnl.3.dylib",
      "/opt/homebrew/lib/libdnnl.3.dylib",
      "/usr/local/lib/libdnnl.3.dylib",
#else
      "libdnnl.so.3",
      "libdnnl.so.2",
#endif
  };
  const char *wish = getenv("NNSH_ONEDNN");
  if (wish != NULL && *wish != 0) {
    return strcmp(wish, "none") == 0 ? NULL : dlopen(wish, RTLD_LAZY | RTLD_LOCAL);
  }
  void *own = open_beside_program();
  if (own != NULL) return own;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *library = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
    if (library != NULL) return library;
  }
  // Debian 13 names it by its minor version.
  for (int minor = 20; minor >= 0; minor--) {
    char name[32];
    snprintf(name, sizeof name, "libdnnl.so.3.%d", minor);
    void *library = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
    if (library != NULL) return library;
  }
  return NULL;
}

/// What version 2 has of its own: each a name, and where it goes.
#define FUNCTIONS_2(F)                                                            \
  F(sum_2, "post_ops_append_sum")                                                 \
  F(strides_2, "memory_desc_init_by_strides")                                     \
  F(any_order_2, "memory_desc_init_by_tag")                                       \
  F(matmul_2, "matmul_desc_init")                                                 \
  F(describe_2, "primitive_desc_create")                                          \
  F(convolution_2, "dilated_convolution_forward_desc_init")                       \
  F(convolution_images_2, "dilated_convolution_backward_data_desc_init")          \
  F(convolution_weights_2, "dilated_convolution_backward_weights_desc_init")

/// And version 3.
#define FUNCTIONS_3(F)                                                            \
  F(sum_3, "post_ops_append_sum")                                                 \
  F(strides_3, "memory_desc_create_with_strides")                                 \
  F(any_order_3, "memory_desc_create_with_tag")                                   \
  F(describe_3, "matmul_primitive_desc_create")                                   \
  F(descriptor_destroy_3, "memory_desc_destroy")                                  \
  F(convolution_3, "convolution_forward_primitive_desc_create")                   \
  F(convolution_images_3, "convolution_backward_data_primitive_desc_create")      \
  F(convolution_weights_3, "convolution_backward_weights_primitive_desc_create")

static int find_own(void *library) {
#define FIND(place, name)                                     \
  *(void **)&found.place = dlsym(library, "dnnl_" name);      \
  if (found.place == NULL) return 0;
  if (found.major == 2) {
    FUNCTIONS_2(FIND)
  } else {
    FUNCTIONS_3(FIND)
  }
#undef FIND
  return 1;
}

static int find_all(void *library) {
#define FIND(name, parameters)                                   \
  *(void **)&found.name = dlsym(library, "dnnl_" #name);         \
  if (found.name == NULL) return 0;
  SHARED_FUNCTIONS(FIND)
#undef FIND
  const version *(*get_version)(void) = NULL;
  *(void **)&get_version = dlsym(library, "dnnl_version");
  *(void **)&found.query_memory = dlsym(library, "dnnl_primitive_desc_query_md");
  *(void **)&found.descriptor_size = dlsym(library, "dnnl_memory_desc_get_size");
  *(void **)&found.set_openmp_threads = dlsym(library, "omp_set_num_threads");
  if (!get_version || !found.query_memory || !found.descriptor_size) return 0;
  const version *own = get_version();
  found.major = own->major;
  found.minor = own->minor;
  found.patch = own->patch;
  return (found.major == 2 || found.major == 3) && find_own(library);
}

static void open_library(void) {
  void *library = open_file();
  __atomic_store_n(&is_opened, 1, __ATOMIC_RELEASE);
  if (library == NULL) return;
  found.status = nnsh_onednn_unknown;
  if (!find_all(library)) return;
  snprintf(
      version_text, sizeof version_text, "%d.%d.%d", found.major, found.minor, found.patch);
  found.status = found.engine_create(&found.engine, dnnl_cpu, 0);
}

const nnsh_dnnl *nnsh_dnnl_library(void) {
  pthread_once(&once, open_library);
  return &found;
}

const char *nnsh_onednn_version(void) {
  return nnsh_dnnl_library()->status == 0 ? version_text : NULL;
}

int nnsh_onednn_was_missed(void) {
  return __atomic_load_n(&is_opened, __ATOMIC_ACQUIRE) && found.status < 0;
}
