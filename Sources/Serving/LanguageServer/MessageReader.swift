import Tensors

/// The messages of the Language Server Protocol: headers, an empty line, and as many bytes as the
/// headers say.
final class MessageReader {
  enum Message {
    case content([UInt8])
    /// Headers that cannot be understood; reading goes on after them.
    case malformed(String)
    case endOfInput
  }

  private static let longestHeader = 1 << 16
  private static let longestContent = 256 << 20
  private static let name = "content-length:"

  private var input: InputBytes
  /// Content that came with headers of which something was told first.
  private var pending: [UInt8]?

  init(_ descriptor: Int32) { input = InputBytes(descriptor) }

  /// Whether a part of a message waits to be read.
  var hasMore: Bool {
    if !input.buffer.isEmpty || pending != nil { return true }
    return input.offersMore
  }

  func next() -> Message {
    if let content = pending {
      pending = nil
      return .content(content)
    }
    var length: Int?
    var fault: String?
    var hasHeader = false
    while let line = headerLine() {
      if line.isEmpty {
        if let fault {
          pending = length.flatMap(content)
          return .malformed(fault)
        }
        if let length { return content(length).map(Message.content) ?? .endOfInput }
        if hasHeader { return .malformed("the headers tell no Content-Length") }
        continue
      }
      hasHeader = true
      read(line, &length, &fault)
    }
    if let fault { return .malformed(fault) }
    return hasHeader ? .malformed("the input ends amid the headers") : .endOfInput
  }

  private func read(_ line: String, _ length: inout Int?, _ fault: inout String?) {
    let lower = line.lowercased()
    guard let place = lower.ranges(of: Self.name).last else {
      // Content-Type, and whatever newer versions send.
      let name = line.prefix { $0 != ":" }
      let isHeader =
        name.count < line.count && !name.isEmpty
        && name.allSatisfy { $0.isASCII && ($0.isLetter || $0 == "-") }
      if !isHeader { fault = "\(line.prefix(40)) is no header" }
      return
    }
    // Content whose length was not known may stand before it.
    if place.lowerBound != lower.startIndex { fault = fault ?? "text stands before a header" }
    let digits = lower[place.upperBound...].filter { $0 != " " && $0 != "\t" }
    guard let number = Int(digits), (0...Self.longestContent).contains(number) else {
      fault = "Content-Length cannot be \(digits.prefix(40))"
      length = nil
      return
    }
    length = number
  }

  /// A header without what ends its line; nil at the end of input. Of a line that is too long, its
  /// end.
  private func headerLine() -> String? {
    var searched = 0
    while true {
      if let end = input.buffer[searched...].firstIndex(of: 10) {
        var line = input.buffer[..<end]
        if line.last == 13 { line.removeLast() }
        let text = String(decoding: line, as: UTF8.self)
        input.buffer.removeSubrange(...end)
        return text
      }
      if input.isAtEnd {
        defer { input.buffer = [] }
        return input.buffer.isEmpty ? nil : String(decoding: input.buffer, as: UTF8.self)
      }
      if input.buffer.count > Self.longestHeader {
        input.buffer.removeFirst(input.buffer.count - Self.name.utf8.count)
      }
      searched = input.buffer.count
      input.readMore { Interrupt.clear() }
    }
  }

  /// So many bytes; nil where the input ends before.
  private func content(_ length: Int) -> [UInt8]? {
    while input.buffer.count < length, !input.isAtEnd { input.readMore { Interrupt.clear() } }
    guard input.buffer.count >= length else {
      input.buffer = []
      return nil
    }
    let content = Array(input.buffer[..<length])
    input.buffer.removeFirst(length)
    return content
  }
}
