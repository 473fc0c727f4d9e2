import Syntax

/// A machine for the part of Python's pickles that PyTorch writes for tensors, numbers, strings and
/// lists and dictionaries of these. It imports nothing and calls nothing but `TorchGlobals`.
///
/// Form: `pickletools` of CPython, protocols 0 to 5. Every count is compared with the bytes that
/// are left before anything is made of it, and each instruction adds a few bytes at most.
struct Pickle {
  private var reader: ByteReader
  private let place: String
  private(set) var heap = PickleHeap()
  private var stack: [PickleValue] = []
  /// Where the parts of the stack that a MARK has opened begin.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  init(_ bytes: [UInt8], place: String) {
    reader = ByteReader(bytes)
    self.place = place
  }

  /// Runs the pickle to its end.
  ///
  /// - Returns: the value that it makes; its parts are in `heap`.
  mutating func run() throws(DataError) -> PickleValue {
    var count = 0
    while let code = reader.integer(UInt8.self) {
      count += 1
      if count & 0xFFFF == 0 { try throwIfInterrupted(place) }
      if code == UInt8(ascii: ".") {
        guard stack.count == 1, marks.isEmpty, let result = stack.first else {
          throw malformed("its pickle leaves no single value")
        }
        return result
      }
      try execute(code)
    }
    throw malformed("its pickle is cut short")
  }

  private func malformed(_ reason: String) -> DataError {
    .malformed(place: place, format: .torch, reason: reason)
  }

  /// One instruction.
  private mutating func execute(_ code: UInt8) throws(DataError) {
    if try pushPlainValue(code) { return }
    if try useMemo(code) { return }
    switch Character(Unicode.Scalar(code)) {
    case "\u{80}": _ = try integer(UInt8.self)
    case "\u{95}": _ = try integer(UInt64.self)
    case "(": marks.append(stack.count)
    case "0":
      if let mark = marks.last, mark == stack.count { marks.removeLast() } else { _ = try pop() }
    case "1": _ = try popMarked()
    case "2": stack.append(try top())
    case "]": stack.append(heap.add(.list([])))
    case ")": stack.append(heap.add(.tuple([])))
    case "}": stack.append(heap.add(.dictionary([])))
    case "l": stack.append(heap.add(.list(Array(try popMarked()))))
    case "t": stack.append(heap.add(.tuple(Array(try popMarked()))))
    case "\u{85}", "\u{86}", "\u{87}":
      let parts = try pop(Int(code) - 0x84)
      stack.append(heap.add(.tuple(parts)))
    case "d":
      let pairs = try popMarked()
      stack.append(heap.add(.dictionary([])))
      try insert(pairs)
    case "a": try append([try pop()])
    case "e": try append(try popMarked())
    case "s": try insert(try pop(2)[...])
    case "u": try insert(try popMarked())
    case "c", "i": try pushGlobal("\(try line()).\(try line())")
    case "\u{93}":
      let names = try pop(2)
      guard case .text(let module) = names[0], case .text(let name) = names[1] else {
        throw malformed("its pickle names a class by no strings")
      }
      try pushGlobal("\(module).\(name)")
    case "R", "\u{81}": try call(try pop(2))
    case "b": try build()
    case "Q": try pushStorage(try pop())
    default:
      throw malformed("instruction \(code) of its pickle is none that PyTorch writes for tensors")
    }
  }

  // MARK: values

  /// Numbers, strings, truth values and bytes.
  ///
  /// - Returns: whether the instruction is one for these.
  private mutating func pushPlainValue(_ code: UInt8) throws(DataError) -> Bool {
    switch Character(Unicode.Scalar(code)) {
    case "N": stack.append(.none)
    case "\u{88}": stack.append(.bool(true))
    case "\u{89}": stack.append(.bool(false))
    case "K": stack.append(.integer(Int(try integer(UInt8.self))))
    case "M": stack.append(.integer(Int(try integer(UInt16.self))))
    case "J": stack.append(.integer(Int(Int32(bitPattern: try integer(UInt32.self)))))
    case "G":
      let bits = UInt64(bigEndian: UInt64(littleEndian: try integer(UInt64.self)))
      stack.append(.number(Double(bitPattern: bits)))
    case "\u{8A}": try pushLong(Int(try integer(UInt8.self)))
    case "\u{8B}": try pushLong(try length(UInt32.self))
    case "I", "L": pushNumber(try line())
    case "F": stack.append(.number(Double(try line()) ?? .nan))
    case "X": try pushText(try length(UInt32.self))
    case "\u{8C}": try pushText(try length(UInt8.self))
    case "\u{8D}": try pushText(try length(UInt64.self))
    case "U": try pushText(try length(UInt8.self))
    case "T": try pushText(try length(UInt32.self))
    case "V": stack.append(.text(try line()))
    case "S": stack.append(.text(String(try line().dropFirst().dropLast())))
    case "C": try skipBytes(try length(UInt8.self))
    case "B": try skipBytes(try length(UInt32.self))
    case "\u{8E}", "\u{96}": try skipBytes(try length(UInt64.self))
    default: return false
    }
    return true
  }

  private mutating func pushLong(_ count: Int) throws(DataError) {
    guard let bytes = reader.slice(count) else { throw malformed("its pickle is cut short") }
    guard count <= 8 else {
      stack.append(.opaque("a whole number of \(count) bytes"))
      return
    }
    var value = bytes.last.map { $0 & 0x80 != 0 } ?? false ? -1 : 0
    for byte in bytes.reversed() { value = value << 8 | Int(byte) }
    stack.append(.integer(value))
  }

  /// `12`, `12L`, and the truth values `00` and `01` of protocol 0.
  private mutating func pushNumber(_ text: String) {
    switch text {
    case "00": stack.append(.bool(false))
    case "01": stack.append(.bool(true))
    default:
      let digits = text.hasSuffix("L") ? String(text.dropLast()) : text
      stack.append(Int(digits).map { .integer($0) } ?? .opaque("a whole number beyond 64 bits"))
    }
  }

  private mutating func pushText(_ count: Int) throws(DataError) {
    guard let bytes = reader.slice(count) else { throw malformed("its pickle is cut short") }
    stack.append(.text(String(decoding: bytes, as: UTF8.self)))
  }

  private mutating func skipBytes(_ count: Int) throws(DataError) {
    guard reader.skip(count) else { throw malformed("its pickle is cut short") }
    stack.append(.opaque("bytes"))
  }

  // MARK: the memo

  /// - Returns: whether the instruction keeps a value or fetches one.
  private mutating func useMemo(_ code: UInt8) throws(DataError) -> Bool {
    switch Character(Unicode.Scalar(code)) {
    case "q": memo[Int(try integer(UInt8.self))] = try top()
    case "r": memo[Int(try integer(UInt32.self))] = try top()
    case "p": memo[Int(try line()) ?? -1] = try top()
    case "\u{94}": memo[memo.count] = try top()
    case "h": try fetch(Int(try integer(UInt8.self)))
    case "j": try fetch(Int(try integer(UInt32.self)))
    case "g": try fetch(Int(try line()) ?? -1)
    default: return false
    }
    return true
  }

  private mutating func fetch(_ index: Int) throws(DataError) {
    guard let value = memo[index] else {
      throw malformed("its pickle asks for a value that it has not kept")
    }
    stack.append(value)
  }

  // MARK: containers and calls

  private mutating func append(_ elements: ArraySlice<PickleValue>) throws(DataError) {
    guard heap.append(elements, to: try top()) else {
      throw malformed("its pickle adds to something that is no list")
    }
  }

  private mutating func insert(_ pairs: ArraySlice<PickleValue>) throws(DataError) {
    guard heap.insert(pairs, into: try top()) else {
      throw malformed("its pickle adds to something that is no dictionary")
    }
  }

  /// A class or function. Where the first thing that the file makes is none that is known, the file
  /// is such an object as a whole: a model, and not its weights.
  private mutating func pushGlobal(_ name: String) throws(DataError) {
    guard TorchGlobals.functions[name] != nil || TorchGlobals.isType(name) else {
      throw .pythonObject(place: place, name: ShownName.cleaned(name), isWhole: stack.isEmpty)
    }
    stack.append(.global(name))
  }

  /// A function and its arguments.
  private mutating func call(_ parts: [PickleValue]) throws(DataError) {
    guard case .global(let name) = parts[0], let function = TorchGlobals.functions[name],
      let arguments = heap.elements(parts[1])
    else { throw malformed("its pickle calls something that is no function") }
    guard let result = try function(arguments, &heap) else {
      throw malformed(
        "what it says of a tensor does not fit its storage, or is not what PyTorch writes")
    }
    stack.append(result)
  }

  /// The attributes of a dictionary say nothing about its contents; other objects have no place here.
  private mutating func build() throws(DataError) {
    _ = try pop()
    guard case .dictionary? = heap.object(try top()) else {
      throw malformed("its pickle gives attributes to something that is no dictionary")
    }
  }

  private mutating func pushStorage(_ identity: PickleValue) throws(DataError) {
    guard let storage = try TorchGlobals.storage(identity, heap, place: place) else {
      throw malformed("its pickle refers to something that is no storage of numbers")
    }
    stack.append(heap.add(.storage(storage)))
  }

  // MARK: the stack and the bytes

  /// No more than a MARK left open lies above is to be had.
  private var floor: Int { marks.last ?? 0 }

  private func top() throws(DataError) -> PickleValue {
    guard stack.count > floor, let value = stack.last else { throw underflow }
    return value
  }

  private mutating func pop() throws(DataError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws(DataError) -> [PickleValue] {
    guard stack.count - floor >= count else { throw underflow }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMarked() throws(DataError) -> ArraySlice<PickleValue> {
    guard let mark = marks.popLast(), mark <= stack.count else { throw underflow }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])[...]
  }

  private var underflow: DataError { malformed("its pickle takes more values than it has made") }

  private mutating func integer<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: Value.Type
  ) throws(DataError) -> Value {
    guard let value = reader.integer(type) else { throw malformed("its pickle is cut short") }
    return value
  }

  /// A count of bytes that follow.
  private mutating func length<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: Value.Type
  ) throws(DataError) -> Int {
    guard let count = Int(exactly: try integer(type)), count <= reader.remaining else {
      throw malformed("its pickle claims more bytes than it has")
    }
    return count
  }

  private mutating func line() throws(DataError) -> String {
    guard let line = reader.line() else { throw malformed("its pickle is cut short") }
    return line
  }
}
