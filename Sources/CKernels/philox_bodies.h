// Philox 4×32-10: ten rounds of two 32×32-bit products over a counter, so that any block of the
// sequence is had without those before it.

static void philox_blocks(
    uint64_t key, uint64_t stream, uint64_t counter, ptrdiff_t blocks, uint32_t *out) {
  VECTOR(WIDTH / 2)
  for (ptrdiff_t i = 0; i < blocks; i++) {
    uint64_t position = counter + (uint64_t)i;
    uint32_t c0 = (uint32_t)position, c1 = (uint32_t)(position >> 32);
    uint32_t c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
      uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
      c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
      c1 = (uint32_t)p1;
      c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
      c3 = (uint32_t)p0;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    out[4 * i] = c0;
    out[4 * i + 1] = c1;
    out[4 * i + 2] = c2;
    out[4 * i + 3] = c3;
  }
}
