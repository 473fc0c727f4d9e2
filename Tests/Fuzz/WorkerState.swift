import Foundation

/// What a worker tells the supervisor: a few numbers in a file that both have mapped, so that they
/// are there however the worker ends.
struct WorkerState {
  enum Field: Int, CaseIterable {
    /// The input that is being taken.
    case input
    /// When it began, in milliseconds of the monotonic clock.
    case began
    /// How many inputs were taken.
    case taken
    /// Resident memory in kilobytes, after the first quarter of the inputs.
    case earlyMemory
    /// The same now.
    case memory
    /// The longest time from an interruption to the end, in milliseconds.
    case slowestStop
    /// How many inputs reached new places.
    case discoveries
    /// How many findings that are no crash were written down.
    case findings
  }

  private let fields: UnsafeMutablePointer<Int>

  /// Maps the file, which is made where it is not there.
  init?(path: String) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let size = Field.allCases.count * MemoryLayout<Int>.stride
    guard ftruncate(descriptor, off_t(size)) == 0,
      let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      memory != MAP_FAILED
    else { return nil }
    fields = memory.bindMemory(to: Int.self, capacity: Field.allCases.count)
  }

  subscript(field: Field) -> Int {
    get { fields[field.rawValue] }
    nonmutating set { fields[field.rawValue] = newValue }
  }

  /// Milliseconds since some moment in the past.
  static func now() -> Int { Int(DispatchTime.now().uptimeNanoseconds / 1_000_000) }

  /// Resident memory of this process in kilobytes.
  static func residentMemory() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return 0 }
    return pages * sysconf(Int32(_SC_PAGESIZE)) / 1024
  }
}
