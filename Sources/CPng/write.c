#include <stdlib.h>
#include <string.h>

#include "png_file.h"

/* The file as far as it is written. */
struct writing {
  struct png_failure failure; /* first: libpng's error pointer points here */
  uint8_t *bytes;
  size_t size, capacity;
  png_structp png;
  png_infop info;
};

static void add(png_structp png, png_bytep bytes, size_t size) {
  struct writing *writing = png_get_io_ptr(png);
  if (size > writing->capacity - writing->size) {
    size_t capacity = writing->capacity * 2 + size;
    uint8_t *larger = realloc(writing->bytes, capacity);
    if (!larger) png_error(png, "out of memory");
    writing->bytes = larger;
    writing->capacity = capacity;
  }
  memcpy(writing->bytes + writing->size, bytes, size);
  writing->size += size;
}

static void flush(png_structp png) { (void)png; }

/* Errors jump. */
static void write_all(
    struct writing *writing, const struct png_header *header, const uint8_t *samples,
    png_stop stop) {
  static const int colour_types[] = {
      PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGBA};
  png_structp png = writing->png;
  png_set_write_fn(png, writing, add, flush);
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  png_set_IHDR(
      png, writing->info, header->width, header->height, header->depth,
      colour_types[header->channels - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
      PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, writing->info);
  const uint16_t one = 1;
  if (header->depth == 16 && *(const uint8_t *)&one) png_set_swap(png);
  size_t row_size = (size_t)header->width * header->channels * (header->depth / 8);
  for (uint32_t row = 0; row < header->height; row++) {
    if (stop()) {
      writing->failure.result = PNG_STOPPED;
      png_longjmp(png, 1);
    }
    png_write_row(png, samples + row * row_size);
  }
  png_write_end(png, writing->info);
}

/* Errors jump to here: into a function whose own variables do not change. */
static enum png_result attempt(
    struct writing *writing, const struct png_header *header, const void *samples,
    png_stop stop) {
  writing->png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, writing, png_file_failed, png_file_warned);
  if (!writing->png) return PNG_NO_MEMORY;
  writing->info = png_create_info_struct(writing->png);
  if (!writing->info) return PNG_NO_MEMORY;
  if (setjmp(png_jmpbuf(writing->png))) return writing->failure.result;
  write_all(writing, header, samples, stop);
  return PNG_DONE;
}

enum png_result png_file_encode(
    const struct png_header *header, const void *samples, png_stop stop, uint8_t **encoded,
    size_t *size, char *message) {
  struct writing writing = {.failure.message = message};
  message[0] = 0;
  enum png_result result = attempt(&writing, header, samples, stop);
  png_destroy_write_struct(&writing.png, &writing.info);
  if (result == PNG_DONE) {
    *encoded = writing.bytes;
    *size = writing.size;
  } else {
    free(writing.bytes);
  }
  return result;
}
