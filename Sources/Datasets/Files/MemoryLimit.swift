import Glibc

/// How much memory may still be claimed, asked before large allocations: an allocation that
/// fails would end the process, and a header or a compressed file may claim anything.
enum MemoryLimit {
  /// Bytes that can be had without swapping, by the kernel's own estimate and the control
  /// group's limit. Where neither can be read: no limit.
  static func available() -> Int {
    min(meminfoAvailable() ?? .max, controlGroupAvailable() ?? .max)
  }

  /// Requests below this are not worth asking the kernel about.
  private static let small = 16 << 20

  /// Refuses what would not fit, leaving a sixteenth of the free memory for everything else.
  static func require(_ bytes: Int, for place: String) throws(DatasetError) {
    guard bytes > small else { return }
    let free = available()
    guard bytes <= free - free / 16 else {
      throw .tooLarge(place: place, needed: bytes, available: free)
    }
  }

  private static func meminfoAvailable() -> Int? {
    guard let text = smallFile("/proc/meminfo") else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
      let kilobytes = line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
      return kilobytes.map { $0.multipliedSaturating(1024) }
    }
    return nil
  }

  private static func controlGroupAvailable() -> Int? {
    func value(_ path: String) -> Int? {
      smallFile(path).flatMap { Int($0.filter { !$0.isWhitespace }) }
    }
    guard let limit = value("/sys/fs/cgroup/memory.max"),
      let used = value("/sys/fs/cgroup/memory.current")
    else { return nil }
    // What the group's page cache holds is counted as used, but is given back when needed.
    return max(0, limit - max(0, used - controlGroupCache()))
  }

  private static func controlGroupCache() -> Int {
    let lines = smallFile("/sys/fs/cgroup/memory.stat")?.split(separator: "\n") ?? []
    for line in lines where line.hasPrefix("file ") {
      return Int(line.dropFirst(5)) ?? 0
    }
    return 0
  }

  private static func smallFile(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return nil }
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }
}
