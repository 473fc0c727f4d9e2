import Platform

/// A file of events in a folder, as TensorBoard reads them: numbers by name and step, written as they
/// come. Each training writes a file of its own; TensorBoard shows those of one folder as one run.
///
/// Form: TFRecord (the length, its check, the bytes, their check) of `tensorflow.Event` messages.
///
/// `@unchecked Sendable`: used by the one machine thread.
package final class EventLog: @unchecked Sendable {
  /// The folder.
  package let folder: String
  private let path: String
  private let descriptor: Int32

  /// Makes the folder, and those it lies in, where they are missing, and begins a file in it.
  ///
  /// Errors: a file in a folder's place, no permission, a full disk.
  package init(folder given: String) throws(DataError) {
    folder = given.expandingHome
    try Self.make(folder)
    var host = [CChar](repeating: 0, count: 256)
    gethostname(&host, host.count - 1)
    let name = host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let machine = String(decoding: name, as: UTF8.self).filter {
      $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_"
    }
    var number = 0
    while true {
      let ending = "\(getpid()).\(number).nnsh"
      let file = folder.appendingPath(
        "events.out.tfevents.\(Int(Self.now())).\(machine.isEmpty ? "host" : machine).\(ending)")
      let opened = open(file, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
      if opened >= 0 {
        (path, descriptor) = (file, opened)
        break
      }
      guard errno == EEXIST, number < 1000 else { throw WriteTarget.failure(file, errno) }
      number += 1
    }
    var event = ProtobufMessage()
    event.add(3, "brain.Event:2")
    try append(event)
  }

  deinit { close(descriptor) }

  private static func make(_ folder: String) throws(DataError) {
    switch FileKind(path: folder) {
    case .directory: return
    case .absent: break
    default: throw .notAFolder(path: folder)
    }
    let parent = folder.parentDirectory
    if parent != folder, parent != "." { try make(parent) }
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
      throw WriteTarget.failure(folder, errno)
    }
  }

  /// Notes numbers of a step; those that are not finite as they are.
  package func write(_ numbers: [(name: String, value: Double)], step: Int) throws(DataError) {
    var summary = ProtobufMessage()
    for (name, value) in numbers {
      var entry = ProtobufMessage()
      entry.add(1, name)
      entry.add(2, Float(value))
      summary.add(1, entry)
    }
    var event = ProtobufMessage()
    event.add(2, step)
    event.add(5, summary)
    try append(event)
  }

  private func append(_ event: ProtobufMessage) throws(DataError) {
    var stamped = ProtobufMessage()
    stamped.add(1, Self.now())
    let bytes = stamped.bytes + event.bytes
    var length: [UInt8] = []
    length.append(little: UInt64(bytes.count))
    var record = length
    record.append(little: CRC32C.masked(length))
    record += bytes
    record.append(little: CRC32C.masked(bytes))
    // In one piece, so that a reader that looks meanwhile sees whole records.
    var written = 0
    while written < record.count {
      let rest = Array(record[written...])
      let count = Platform.write(descriptor, rest, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw WriteTarget.failure(path, errno) }
      written += count
    }
  }

  /// Seconds since 1970.
  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
