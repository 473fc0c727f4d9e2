#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * PNG by libpng's full interface, for Swift: libpng reports errors with longjmp, which must not
 * jump over Swift's frames. Here it jumps inside one C function at most.
 *
 * Samples come as they are stored: no gamma, no colour profile, no blending of transparent parts.
 */

enum { PNG_MESSAGE_SIZE = 128 };

/* What the beginning of a file tells. */
struct png_header {
  uint32_t width, height;
  /* Bits a sample in the file: 1, 2, 4, 8 or 16. */
  int stored_depth;
  /* Samples a pixel in the file: an index, grey or colour, transparency where it is stored. */
  int stored_channels;
  /* Bits a sample as it is read: 8 or 16. */
  int depth;
  /* Samples a pixel as it is read: grey 1, grey and alpha 2, RGB 3, RGBA 4. */
  int channels;
  /* Whether so small a file cannot hold so many samples; then `depth` and `channels` are not told. */
  int claims_more;
};

enum png_result {
  PNG_DONE = 0,
  /* The file is unsound; `message` says how. */
  PNG_UNSOUND,
  PNG_NO_MEMORY,
  /* `stop` said so. */
  PNG_STOPPED
};

/* Whether the work should end early; asked once a row. */
typedef int (*png_stop)(void);

/* Reads up to the pixels. `message` has PNG_MESSAGE_SIZE bytes. */
enum png_result png_file_header(
    const uint8_t *bytes, size_t count, struct png_header *header, char *message);

/*
 * Reads the pixels into `samples`, row after row without gaps: height * width * channels samples
 * of `depth` bits, those of 16 in the machine's byte order. `header` is what png_file_header gave
 * for the same bytes.
 */
enum png_result png_file_samples(
    const uint8_t *bytes, size_t count, const struct png_header *header, void *samples,
    png_stop stop, char *message);

/*
 * Encodes an image of 1 to 4 channels and 8 or 16 bits (in the machine's byte order). On success
 * `*encoded` holds `*size` bytes that the caller frees.
 */
enum png_result png_file_encode(
    const struct png_header *header, const void *samples, png_stop stop, uint8_t **encoded,
    size_t *size, char *message);
