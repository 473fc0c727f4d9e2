#include "CJpeg.h"

#include <stdio.h>

#include <dlfcn.h>
#include <jpeglib.h>
#include <jerror.h>
#include <pthread.h>
#include <setjmp.h>
#include <string.h>

/* The functions of libjpeg that are used. */
static struct {
  struct jpeg_error_mgr *(*std_error)(struct jpeg_error_mgr *);
  void (*create)(j_decompress_ptr, int, size_t);
  void (*destroy)(j_decompress_ptr);
  void (*source)(j_decompress_ptr, const unsigned char *, unsigned long);
  int (*header)(j_decompress_ptr, boolean);
  boolean (*start)(j_decompress_ptr);
  JDIMENSION (*rows)(j_decompress_ptr, JSAMPARRAY, JDIMENSION);
  boolean (*finish)(j_decompress_ptr);
  int is_there;
} library;

static pthread_once_t opening = PTHREAD_ONCE_INIT;

static void open_library(void) {
  void *handle = dlopen("libjpeg.so.62", RTLD_NOW | RTLD_LOCAL);
  if (!handle) return;
  struct { const char *name; void **place; } functions[] = {
    {"jpeg_std_error", (void **)&library.std_error},
    {"jpeg_CreateDecompress", (void **)&library.create},
    {"jpeg_destroy_decompress", (void **)&library.destroy},
    {"jpeg_mem_src", (void **)&library.source},
    {"jpeg_read_header", (void **)&library.header},
    {"jpeg_start_decompress", (void **)&library.start},
    {"jpeg_read_scanlines", (void **)&library.rows},
    {"jpeg_finish_decompress", (void **)&library.finish},
  };
  library.is_there = 1;
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    *functions[i].place = dlsym(handle, functions[i].name);
    if (!*functions[i].place) library.is_there = 0;
  }
}

/* What reading a file has come to. It outlives the jump: it is the caller's, in memory whose
 * address libjpeg holds, so that what is written before a jump is there after it. */
struct reading {
  struct jpeg_error_mgr errors; /* first: libjpeg's error pointer points here */
  struct jpeg_decompress_struct image;
  enum jpeg_file_result result;
  char *message;
  jmp_buf start;
};

static void fail(struct reading *reading, enum jpeg_file_result result, const char *text) {
  reading->result = result;
  strncpy(reading->message, text, JPEG_FILE_MESSAGE_SIZE - 1);
  reading->message[JPEG_FILE_MESSAGE_SIZE - 1] = 0;
  longjmp(reading->start, 1);
}

static void failed(j_common_ptr image) {
  struct reading *reading = (struct reading *)image->err;
  char text[JMSG_LENGTH_MAX];
  image->err->format_message(image, text);
  int is_memory = image->err->msg_code == JERR_OUT_OF_MEMORY;
  fail(reading, is_memory ? JPEG_FILE_NO_MEMORY : JPEG_FILE_UNSOUND, text);
}

/* Most warnings are about what is passed over; where data are missing, pixels would be made up. */
static void warned(j_common_ptr image, int level) {
  int code = image->err->msg_code;
  if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER)) {
    fail((struct reading *)image->err, JPEG_FILE_UNSOUND, "it is cut short or damaged");
  }
}

static void written(j_common_ptr image) { (void)image; }

/* Errors jump. */
static void read_beginning(struct reading *reading, const uint8_t *bytes, size_t count) {
  library.source(&reading->image, bytes, count);
  library.header(&reading->image, TRUE);
  switch (reading->image.jpeg_color_space) {
  case JCS_GRAYSCALE: reading->image.out_color_space = JCS_GRAYSCALE; break;
  case JCS_RGB:
  case JCS_YCbCr: reading->image.out_color_space = JCS_RGB; break;
  default: fail(reading, JPEG_FILE_UNSOUND, "it holds colours for print (CMYK)");
  }
}

/* Errors jump. */
static void read_rows(
    struct reading *reading, const struct jpeg_file_header *header, uint8_t *samples,
    jpeg_file_stop stop) {
  j_decompress_ptr image = &reading->image;
  library.start(image);
  size_t row_size = (size_t)image->output_width * image->output_components;
  if (image->output_width != header->width || image->output_height != header->height ||
      image->output_components != header->channels) {
    fail(reading, JPEG_FILE_UNSOUND, "its rows differ in size");
  }
  while (image->output_scanline < image->output_height) {
    if (stop()) fail(reading, JPEG_FILE_STOPPED, "");
    JSAMPROW row = samples + image->output_scanline * row_size;
    library.rows(image, &row, 1);
  }
  library.finish(image);
}

/* Errors jump to here: into a function whose own variables do not change. With `samples` the
 * pixels are read, otherwise the header is described. */
static enum jpeg_file_result attempt(
    struct reading *reading, const uint8_t *bytes, size_t count, struct jpeg_file_header *header,
    uint8_t *samples, jpeg_file_stop stop) {
  reading->image.err = library.std_error(&reading->errors);
  reading->errors.error_exit = failed;
  reading->errors.emit_message = warned;
  reading->errors.output_message = written;
  if (setjmp(reading->start)) return reading->result;
  library.create(&reading->image, JPEG_LIB_VERSION, sizeof reading->image);
  read_beginning(reading, bytes, count);
  if (samples) {
    read_rows(reading, header, samples, stop);
  } else {
    header->width = reading->image.image_width;
    header->height = reading->image.image_height;
    header->channels = reading->image.out_color_space == JCS_GRAYSCALE ? 1 : 3;
  }
  return JPEG_FILE_DONE;
}

static enum jpeg_file_result read_file(
    const uint8_t *bytes, size_t count, struct jpeg_file_header *header, uint8_t *samples,
    jpeg_file_stop stop, char *message) {
  message[0] = 0;
  pthread_once(&opening, open_library);
  if (!library.is_there) return JPEG_FILE_NO_LIBRARY;
  struct reading reading = {.message = message};
  enum jpeg_file_result result = attempt(&reading, bytes, count, header, samples, stop);
  library.destroy(&reading.image);
  return result;
}

enum jpeg_file_result jpeg_file_read_header(
    const uint8_t *bytes, size_t count, struct jpeg_file_header *header, char *message) {
  return read_file(bytes, count, header, NULL, NULL, message);
}

enum jpeg_file_result jpeg_file_read_samples(
    const uint8_t *bytes, size_t count, const struct jpeg_file_header *header, uint8_t *samples,
    jpeg_file_stop stop, char *message) {
  struct jpeg_file_header expected = *header;
  return read_file(bytes, count, &expected, samples, stop, message);
}
