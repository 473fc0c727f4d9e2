/// Opening files as streams.
package enum ByteStreams {
  /// The file's bytes; inflated where it is a gzip file, whatever it is named.
  package static func open(_ path: String) throws(DataError) -> any ByteStream {
    try inflatingIfNeeded(FileSource.open(path))
  }

  package static func inflatingIfNeeded(_ source: any ByteSource) throws(DataError)
    -> any ByteStream
  {
    let stream = try SourceStream(source)
    guard FileFormat.begun(by: try source.prefix(2)) == .gzip else { return stream }
    return InflateStream(stream, wrapping: .gzip)
  }
}
