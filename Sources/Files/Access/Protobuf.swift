/// A message in protobuf's wire format, as it is written: fields in any order, each a number, four or
/// eight bytes, or bytes with their count. Form: protobuf.dev, "Encoding".
struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ field: Int, _ value: Int) {
    appendNumber(UInt64(field) << 3)
    appendNumber(UInt64(bitPattern: Int64(value)))
  }

  mutating func add(_ field: Int, _ value: Float) {
    appendNumber(UInt64(field) << 3 | 5)
    bytes.append(little: value.bitPattern)
  }

  mutating func add(_ field: Int, _ value: Double) {
    appendNumber(UInt64(field) << 3 | 1)
    bytes.append(little: value.bitPattern)
  }

  mutating func add(_ field: Int, _ value: String) { add(field, Array(value.utf8)) }

  mutating func add(_ field: Int, _ message: ProtobufMessage) { add(field, message.bytes) }

  mutating func add(_ field: Int, _ value: [UInt8]) {
    appendNumber(UInt64(field) << 3 | 2)
    appendNumber(UInt64(value.count))
    bytes += value
  }

  /// Whole numbers one after another in one field.
  mutating func add(_ field: Int, packed values: [Int]) {
    var inner = ProtobufMessage()
    for value in values { inner.appendNumber(UInt64(bitPattern: Int64(value))) }
    add(field, inner.bytes)
  }

  /// Seven bits a byte, the lowest first.
  private mutating func appendNumber(_ value: UInt64) {
    var rest = value
    while rest > 0x7F {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }
}

/// Reads the fields of such a message. It never looks beyond the bytes that it was given, whatever
/// they claim.
struct ProtobufReader {
  /// The bytes are no such message.
  struct Unsound: Error {}

  enum Content {
    case number(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case bytes(ArraySlice<UInt8>)
  }

  struct Field {
    let number: Int
    let content: Content

    var integer: Int? {
      if case .number(let value) = content { Int(Int64(bitPattern: value)) } else { nil }
    }
    var bytes: ArraySlice<UInt8>? { if case .bytes(let bytes) = content { bytes } else { nil } }
    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
    var float: Float? {
      if case .fixed32(let bits) = content { Float(bitPattern: bits) } else { nil }
    }
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The next field; nil at the end.
  mutating func next() throws(Unsound) -> Field? {
    guard !rest.isEmpty else { return nil }
    let key = try number()
    guard let field = Int(exactly: key >> 3), field > 0 else { throw Unsound() }
    switch key & 7 {
    case 0: return Field(number: field, content: .number(try number()))
    case 1: return Field(number: field, content: .fixed64(try fixed(UInt64.self)))
    case 2:
      guard let count = Int(exactly: try number()), count <= rest.count else { throw Unsound() }
      defer { rest = rest.dropFirst(count) }
      return Field(number: field, content: .bytes(rest.prefix(count)))
    case 5: return Field(number: field, content: .fixed32(try fixed(UInt32.self)))
    default: throw Unsound()
    }
  }

  private mutating func number() throws(Unsound) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { throw Unsound() }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw Unsound()
  }

  private mutating func fixed<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: Value.Type
  ) throws(Unsound) -> Value {
    var reader = ByteReader(rest)
    guard let value = reader.integer(type) else { throw Unsound() }
    rest = rest.dropFirst(Value.bitWidth / 8)
    return value
  }

  /// The whole numbers of a field that holds one, or several one after another.
  static func integers(_ field: Field) throws(Unsound) -> [Int] {
    if let integer = field.integer { return [integer] }
    guard let bytes = field.bytes else { throw Unsound() }
    var reader = ProtobufReader(bytes)
    var values: [Int] = []
    while !reader.rest.isEmpty { values.append(Int(Int64(bitPattern: try reader.number()))) }
    return values
  }
}
