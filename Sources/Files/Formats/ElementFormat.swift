/// How one number is stored in a file: its kind, and the order of its bytes.
struct ElementFormat: Hashable, Sendable {
  enum Kind: Sendable {
    case bool, uint8, int8, uint16, int16, uint32, int32, uint64, int64
    case float16, bfloat16, float32, float64
  }

  var kind: Kind
  var isBigEndian = false

  /// Bytes an element.
  var size: Int {
    switch kind {
    case .bool, .uint8, .int8: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    }
  }

  /// Whether Float32 may be too narrow, so that the values decide.
  var isWideInteger: Bool {
    switch kind {
    case .uint32, .int32, .uint64, .int64: true
    default: false
    }
  }

  /// From NumPy's description, as `<f4`, `|u1`, `>i8`; `nil` for anything but plain numbers.
  init?(numpy description: String) {
    var text = Substring(description)
    var bigEndian = false
    if let order = text.first, "<>|=".contains(order) {
      bigEndian = order == ">"
      text.removeFirst()
    }
    let kinds: [Substring: Kind] = [
      "b1": .bool, "?": .bool, "u1": .uint8, "i1": .int8, "u2": .uint16, "i2": .int16,
      "u4": .uint32, "i4": .int32, "u8": .uint64, "i8": .int64, "f2": .float16,
      "f4": .float32, "f8": .float64, "B": .uint8, "b": .int8,
    ]
    guard let kind = kinds[text] else { return nil }
    self.init(kind: kind, isBigEndian: bigEndian)
  }

  /// From the third byte of an IDX file.
  init?(idx code: UInt8) {
    switch code {
    case 0x08: self.init(kind: .uint8)
    case 0x09: self.init(kind: .int8)
    case 0x0B: self.init(kind: .int16, isBigEndian: true)
    case 0x0C: self.init(kind: .int32, isBigEndian: true)
    case 0x0D: self.init(kind: .float32, isBigEndian: true)
    case 0x0E: self.init(kind: .float64, isBigEndian: true)
    default: return nil
    }
  }

  /// From the name that a `.safetensors` header uses.
  init?(safetensors name: String) {
    let kinds: [String: Kind] = [
      "BOOL": .bool, "U8": .uint8, "I8": .int8, "U16": .uint16, "I16": .int16, "U32": .uint32,
      "I32": .int32, "U64": .uint64, "I64": .int64, "F16": .float16, "BF16": .bfloat16,
      "F32": .float32, "F64": .float64,
    ]
    guard let kind = kinds[name] else { return nil }
    self.init(kind: kind)
  }

  init(kind: Kind, isBigEndian: Bool = false) {
    self.kind = kind
    self.isBigEndian = isBigEndian
  }
}
