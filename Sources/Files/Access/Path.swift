import Platform

extension String {
  /// What follows the last `/`.
  package var lastPathComponent: String {
    var rest = Substring(self)
    while rest.count > 1, rest.hasSuffix("/") { rest.removeLast() }
    guard let slash = rest.lastIndex(of: "/") else { return String(rest) }
    let name = rest[rest.index(after: slash)...]
    return name.isEmpty ? String(rest) : String(name)
  }

  /// The letters after the last full stop of the file's name, lower-cased; empty without one.
  package var pathExtension: String {
    let name = lastPathComponent
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    return name[name.index(after: dot)...].lowercased()
  }

  /// The path without its ending.
  package var withoutPathExtension: String {
    let ending = pathExtension
    return ending.isEmpty ? self : String(dropLast(ending.count + 1))
  }

  /// The directory that the path stands in, `.` for a bare name.
  package var parentDirectory: String {
    guard let slash = lastIndex(of: "/") else { return "." }
    return slash == startIndex ? "/" : String(self[..<slash])
  }

  /// The path with a leading `~/` replaced by the home directory.
  package var expandingHome: String {
    guard self == "~" || hasPrefix("~/"), let home = environmentVariable("HOME") else {
      return self
    }
    return home + dropFirst()
  }

  package func appendingPath(_ name: String) -> String {
    hasSuffix("/") ? self + name : self + "/" + name
  }
}

/// The variable's value, `nil` where it is unset or empty.
package func environmentVariable(_ name: String) -> String? {
  guard let value = getenv(name), value.pointee != 0 else { return nil }
  return String(cString: value)
}

/// The system's words for an error number, without a locale's help: `No space left on device`.
func systemMessage(_ code: Int32) -> String {
  strerror(code).map { String(cString: $0).lowercased() } ?? "error \(code)"
}

/// What stands at a path.
package enum FileKind: Hashable, Sendable {
  case regular(size: Int)
  case directory
  case other
  case absent(code: Int32)

  package init(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      self = .absent(code: errno)
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .regular(size: Int(status.st_size))
    case S_IFDIR: self = .directory
    default: self = .other
    }
  }

  package var isRegular: Bool {
    if case .regular = self { true } else { false }
  }
}

/// The names inside a directory, sorted; empty where it cannot be read.
package func directoryEntries(_ path: String) -> [String] {
  guard let directory = opendir(path) else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      // SAFETY: d_name is a C string inside the entry, valid until the next readdir.
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}

extension Sequence<Int> {
  /// The product of a shape's sizes, `nil` where one is negative or it exceeds an integer.
  var checkedProduct: Int? {
    var product = 1
    var sawZero = false
    for size in self {
      guard size >= 0 else { return nil }
      if size == 0 { sawZero = true; continue }
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      product = next
    }
    return sawZero ? 0 : product
  }
}
