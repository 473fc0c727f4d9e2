/// Gathers bytes in memory: a file that is sent rather than saved.
package final class MemorySink: ByteSink {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package func write(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
    self.bytes.append(contentsOf: bytes)
  }
}
