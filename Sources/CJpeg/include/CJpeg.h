#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * JPEG by libjpeg, for Swift: libjpeg reports errors by a function that must not return, so it
 * jumps; here inside one C function at most, never over Swift's frames. The library is opened at
 * the first image, so that starting nnsh costs nothing for it.
 */

enum { JPEG_FILE_MESSAGE_SIZE = 256 };

/* What the beginning of a file tells. */
struct jpeg_file_header {
  uint32_t width, height;
  /* Samples a pixel as it is read: grey 1, RGB 3. */
  int channels;
};

enum jpeg_file_result {
  JPEG_FILE_DONE = 0,
  /* The file is unsound; the message says how. */
  JPEG_FILE_UNSOUND,
  JPEG_FILE_NO_MEMORY,
  /* `stop` said so. */
  JPEG_FILE_STOPPED,
  /* Debian's libjpeg62-turbo is not on this machine. */
  JPEG_FILE_NO_LIBRARY
};

/* Whether the work should end early; asked once a row. */
typedef int (*jpeg_file_stop)(void);

/* Reads up to the pixels. `message` has JPEG_FILE_MESSAGE_SIZE bytes. */
enum jpeg_file_result jpeg_file_read_header(
    const uint8_t *bytes, size_t count, struct jpeg_file_header *header, char *message);

/*
 * Reads the pixels into `samples`, row after row without gaps: height * width * channels bytes.
 * `header` is what jpeg_file_read_header gave for the same bytes.
 */
enum jpeg_file_result jpeg_file_read_samples(
    const uint8_t *bytes, size_t count, const struct jpeg_file_header *header, uint8_t *samples,
    jpeg_file_stop stop, char *message);
