#include "png_file.h"

#include <string.h>

/* The file in memory, and what reading it has come to. */
struct reading {
  struct png_failure failure; /* first: libpng's error pointer points here */
  const uint8_t *bytes;
  size_t count, position;
  png_structp png;
  png_infop info;
};

static void take(png_structp png, png_bytep target, size_t size) {
  struct reading *reading = png_get_io_ptr(png);
  if (size > reading->count - reading->position) png_error(png, "it is cut short");
  memcpy(target, reading->bytes + reading->position, size);
  reading->position += size;
}

/* Chunks that say how to show the samples are passed over unread: all but those that samples
 * need, among them what could unfold to any size (text, colour profiles). */
static void ignore_other_chunks(png_structp png) {
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
}

static int begin(struct reading *reading) {
  reading->png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, reading, png_file_failed, png_file_warned);
  if (!reading->png) return 0;
  reading->info = png_create_info_struct(reading->png);
  return reading->info != NULL;
}

static void end(struct reading *reading) {
  png_destroy_read_struct(&reading->png, &reading->info, NULL);
}

/* Reads up to the pixels and asks for whole bytes: palettes become colours, transparency by
 * colour becomes alpha, 1, 2 and 4 bits become 8 by scaling. Errors jump. */
static void read_beginning(struct reading *reading) {
  png_structp png = reading->png;
  png_set_read_fn(png, reading, take);
  /* The sizes are checked by the caller, who knows the memory. */
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  ignore_other_chunks(png);
  png_read_info(png, reading->info);
  png_set_expand(png);
  if (png_get_bit_depth(png, reading->info) == 16) {
    const uint16_t one = 1;
    if (*(const uint8_t *)&one) png_set_swap(png);
  }
}

/* Whether so small a file cannot hold the samples it claims: deflate packs 1032 to 1 at best. */
static int claims_more(const struct png_header *header, size_t held) {
  const double deepest_compressed = 1032;
  double bits = (double)header->width * header->height * header->stored_depth
                * header->stored_channels;
  return bits / 8 > deepest_compressed * (double)held;
}

/* Errors jump. */
static void describe(struct reading *reading, struct png_header *header) {
  png_structp png = reading->png;
  header->width = png_get_image_width(png, reading->info);
  header->height = png_get_image_height(png, reading->info);
  header->stored_depth = png_get_bit_depth(png, reading->info);
  header->stored_channels = png_get_channels(png, reading->info);
  header->claims_more = claims_more(header, reading->count);
  /* libpng now clears two rows, which can be of gigabytes. */
  if (header->claims_more) return;
  png_read_update_info(png, reading->info);
  header->depth = png_get_bit_depth(png, reading->info);
  header->channels = png_get_channels(png, reading->info);
}

/* Errors jump. */
static void read_rows(
    struct reading *reading, const struct png_header *header, uint8_t *samples, png_stop stop) {
  png_structp png = reading->png;
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, reading->info);
  size_t row_size = (size_t)header->width * header->channels * (header->depth / 8);
  if (png_get_rowbytes(png, reading->info) != row_size) png_error(png, "its rows differ in size");
  for (int pass = 0; pass < passes; pass++) {
    for (uint32_t row = 0; row < header->height; row++) {
      if (stop()) {
        reading->failure.result = PNG_STOPPED;
        png_longjmp(png, 1);
      }
      png_read_row(png, samples + row * row_size, NULL);
    }
  }
  png_read_end(png, NULL);
}

/* Errors jump to here: into a function whose own variables do not change. With `samples` the
 * pixels are read, otherwise the header is described. */
static enum png_result attempt(
    struct reading *reading, struct png_header *header, void *samples, png_stop stop) {
  if (!begin(reading)) return PNG_NO_MEMORY;
  if (setjmp(png_jmpbuf(reading->png))) return reading->failure.result;
  read_beginning(reading);
  if (samples) {
    read_rows(reading, header, samples, stop);
  } else {
    describe(reading, header);
  }
  return PNG_DONE;
}

enum png_result png_file_header(
    const uint8_t *bytes, size_t count, struct png_header *header, char *message) {
  struct reading reading = {.failure.message = message, .bytes = bytes, .count = count};
  message[0] = 0;
  enum png_result result = attempt(&reading, header, NULL, NULL);
  end(&reading);
  return result;
}

enum png_result png_file_samples(
    const uint8_t *bytes, size_t count, const struct png_header *header, void *samples,
    png_stop stop, char *message) {
  struct reading reading = {.failure.message = message, .bytes = bytes, .count = count};
  struct png_header expected = *header;
  message[0] = 0;
  enum png_result result = attempt(&reading, &expected, samples, stop);
  end(&reading);
  return result;
}
