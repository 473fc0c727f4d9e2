/// The header of NumPy's `.npy` form: magic, version, and a Python dictionary literal such as
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`. Versions 1 to 3, which differ
/// in the width of the length and in the text's encoding.
///
/// Form: numpy.lib.format, "Format specification".
struct NPYHeader {
  var format: ElementFormat
  var isFortranOrder: Bool
  var dimensions: [Int]

  static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]
  /// No header of plain numbers comes near this.
  private static let longest = 1 << 20

  /// Reads the header and leaves the stream where the numbers begin.
  init(_ stream: any ByteStream) throws(DataError) {
    let place = stream.place
    let start = try stream.bytes(min(8, stream.bound), part: "header")
    guard start.starts(with: Self.magic), start.count == 8 else {
      if ForeignFile.isPickle(start) { throw .pickled(place: place) }
      if Self.magic.starts(with: start.prefix(6)) {
        throw .truncated(place: place, part: "header", expected: 8, found: start.count)
      }
      throw .wrongMagic(
        path: place, format: .npy, looksLike: FileFormat.described(firstBytes: start))
    }
    guard (1...3).contains(start[6]) else {
      throw .malformed(place: place, format: .npy, reason: "version \(start[6]) is unknown")
    }
    let lengthBytes = try stream.bytes(start[6] == 1 ? 2 : 4, part: "header")
    let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= Self.longest else {
      throw .malformed(place: place, format: .npy, reason: "its header claims \(length) bytes")
    }
    let text = String(decoding: try stream.bytes(length, part: "header"), as: UTF8.self)
    try self.init(text, place: place)
  }

  private init(_ text: String, place: String) throws(DataError) {
    var parser = PythonLiteral.Parser(text)
    guard let dictionary = parser.parse()?.dictionary else {
      throw .malformed(place: place, format: .npy, reason: "its header cannot be read")
    }
    guard let description = dictionary["descr"], let order = dictionary["fortran_order"]?.bool,
      let sizes = dictionary["shape"]?.list
    else {
      throw .malformed(
        place: place, format: .npy, reason: "its header lacks descr, fortran_order or shape")
    }
    format = try Self.format(description, place: place)
    isFortranOrder = order
    dimensions = sizes.compactMap(\.integer)
    guard dimensions.count == sizes.count, dimensions.allSatisfy({ $0 >= 0 }) else {
      throw .malformed(place: place, format: .npy, reason: "its shape is no list of sizes")
    }
  }

  private static func format(
    _ description: PythonLiteral, place: String
  ) throws(DataError) -> ElementFormat {
    guard let name = description.string else {
      throw .unsupportedElements(place: place, type: "structures")
    }
    if let format = ElementFormat(numpy: name) { return format }
    let kind = name.first { !"<>|=".contains($0) }
    switch kind {
    case "O": throw .pickled(place: place)
    case "U", "S": throw .unsupportedElements(place: place, type: "text (\(name))")
    case "c": throw .unsupportedElements(place: place, type: "complex numbers (\(name))")
    case "M", "m": throw .unsupportedElements(place: place, type: "times (\(name))")
    default: throw .unsupportedElements(place: place, type: "elements of type \(name)")
    }
  }

  /// The header's bytes for an array in row-major order, padded so that the numbers begin at a
  /// multiple of 64.
  static func encoded(description: String, dimensions: [Int]) -> [UInt8] {
    let sizes = dimensions.map(String.init).joined(separator: ", ")
    let shape = dimensions.count == 1 ? "(\(sizes),)" : "(\(sizes))"
    var text = "{'descr': '\(description)', 'fortran_order': False, 'shape': \(shape), }"
    let start = magic.count + 4
    let padding = 63 - (start + text.utf8.count) % 64
    text += String(repeating: " ", count: padding) + "\n"
    let length = text.utf8.count
    return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8 & 0xFF)] + Array(text.utf8)
  }
}
