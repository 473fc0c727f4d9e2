/// Files of several processes that run one script together, of which one writes for all.
package enum SharedFiles {
  /// Whether this process writes.
  // SAFETY, for all three: set before anything runs, and changed by the one thread that runs scripts.
  nonisolated(unsafe) package static var areWrittenHere = true
  /// Told of each path that this process has written, or failed to.
  nonisolated(unsafe) package static var didWrite: (String) -> Void = { _ in }
  /// Waits until the process that writes has done so.
  nonisolated(unsafe) package static var awaitWriting: (String) -> Void = { _ in }
  /// What another process writes for this one, and how often, as far as it has not been waited for.
  nonisolated(unsafe) private static var expected: [String: Int] = [:]

  /// Notes that the other process writes a file now, or soon.
  static func expect(_ path: String) { expected[path, default: 0] += 1 }

  /// Before a file is read: waits for it where it is being written for this process.
  static func waitBeforeReading(_ path: String) {
    guard let count = expected.removeValue(forKey: path) else { return }
    for _ in 0..<count { awaitWriting(path) }
  }

  /// Before files are looked for by a pattern: waits for all that are being written.
  static func waitForAll() {
    for path in expected.keys.sorted() { waitBeforeReading(path) }
  }
}
