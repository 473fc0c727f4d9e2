/// Opening files as streams.
enum ByteStreams {
  /// The file's bytes; inflated where it is a gzip file, whatever it is named.
  static func open(_ path: String) throws(DatasetError) -> any ByteStream {
    try inflatingIfNeeded(FileSource.open(path))
  }

  static func inflatingIfNeeded(_ source: any ByteSource) throws(DatasetError) -> any ByteStream {
    let stream = try SourceStream(source)
    guard FileFormat(firstBytes: try source.prefix(2)) == .gzip else { return stream }
    return InflateStream(stream, wrapping: .gzip)
  }
}
