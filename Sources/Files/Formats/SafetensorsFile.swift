import Syntax
import Tensors

extension FileFormat {
  /// `.nnsh` is a checkpoint: named tensors with notes, as this form holds them.
  package static let safetensors = FileFormat(
    "a .safetensors file", endings: [".safetensors", ".nnsh"],
    begins: { $0.count >= 9 && $0[8] == UInt8(ascii: "{") && $0[5...7] == [0, 0, 0] },
    read: { (source) throws(DataError) in
      var remarks: [LoadRemark] = []
      let (tensors, notes) = try SafetensorsFile.read(source, &remarks)
      return .parameters(tensors, notes: notes, remarks: remarks)
    },
    holds: [.tensor, .record, .parameters],
    write: { (contents, _, sink) throws(DataError) in
      try SafetensorsFile.write(contents.arrays, notes: contents.notes ?? [:], to: sink)
    })
}

/// Hugging Face's `.safetensors`: the header's length (eight bytes, lowest first), a JSON header
/// that gives each tensor's type, shape and byte range and notes under `__metadata__`, then the
/// numbers, without gaps or overlaps.
package enum SafetensorsFile {
  /// The limit that the form's own library sets.
  private static let longestHeader = 100_000_000

  private struct Entry {
    var name: String
    var format: ElementFormat
    var dimensions: [Int]
    var start: Int
    var end: Int
  }

  /// The tensors in the file's order, and the notes.
  package static func read(
    _ source: any ByteSource, _ remarks: inout [LoadRemark]
  ) throws(DataError) -> (tensors: [NamedTensor], notes: [String: String]) {
    let place = source.place
    var lengthReader = ByteReader(try source.bytes(at: 0, count: 8, part: "header"))
    let claimed = lengthReader.integer(UInt64.self) ?? 0
    guard let length = Int(exactly: claimed), length <= source.count - 8, length <= longestHeader
    else {
      let start = try source.prefix(16)
      if FileFormat.begun(by: start) != .safetensors,
        let looksLike = FileFormat.described(firstBytes: start)
      {
        throw .wrongMagic(path: place, format: .safetensors, looksLike: looksLike)
      }
      throw .claimsMore(
        place: place, what: "length", claimed: "a header of \(claimed) bytes",
        held: "\(source.count - 8) bytes after it")
    }
    let text = try source.bytes(at: 8, count: length, part: "header")
    guard let members = JSONValue.header(text)?.object else {
      throw .malformed(place: place, format: .safetensors, reason: "its header is no sound JSON")
    }
    let dataStart = 8 + length
    let (entries, notes) = try entries(members, size: source.count - dataStart, place: place)
    var tensors: [NamedTensor] = []
    for entry in entries {
      let stream = try SourceStream(
        source, offset: dataStart + entry.start, count: entry.end - entry.start)
      var rounded = RoundedIntegers()
      let tensor = try ElementDecoder(stream: stream, format: entry.format)
        .tensor(dimensions: entry.dimensions, noting: &rounded)
      remarks += rounded.remarks(name: entry.name)
      tensors.append(NamedTensor(name: entry.name, tensor: tensor))
    }
    return (tensors, notes)
  }

  /// Reads the header's members and checks that the ranges fill the data exactly.
  private static func entries(
    _ members: [(name: String, value: JSONValue)], size: Int, place: String
  ) throws(DataError) -> (entries: [Entry], notes: [String: String]) {
    func malformed(_ reason: String) -> DataError {
      .malformed(place: place, format: .safetensors, reason: reason)
    }
    var entries: [Entry] = []
    var notes: [String: String] = [:]
    var names: Set<String> = []
    for member in members {
      let name = ShownName.cleaned(member.name)
      guard names.insert(name).inserted else { throw malformed("it holds \(name) twice") }
      if member.name == "__metadata__" {
        guard let strings = member.value.strings else {
          throw malformed("its __metadata__ holds more than strings")
        }
        notes = strings
      } else {
        entries.append(try entry(name, member.value, place: place))
      }
    }
    entries.sort { ($0.start, $0.end) < ($1.start, $1.end) }
    var position = 0
    for entry in entries {
      guard entry.start == position else {
        throw malformed(
          entry.start < position
            ? "\(entry.name) overlaps another tensor" : "bytes before \(entry.name) belong to none")
      }
      position = entry.end
    }
    guard position <= size else {
      throw .truncated(place: place, part: "data", expected: position, found: size)
    }
    guard position == size else { throw malformed("more bytes follow its last tensor") }
    return (entries, notes)
  }

  private static func entry(
    _ name: String, _ value: JSONValue, place: String
  ) throws(DataError) -> Entry {
    func malformed(_ reason: String) -> DataError {
      .malformed(place: place, format: .safetensors, reason: "\(name) \(reason)")
    }
    guard let type = value["dtype"]?.string, let sizes = value["shape"]?.array,
      let offsets = value["data_offsets"]?.array?.compactMap(\.integer), offsets.count == 2
    else { throw malformed("lacks dtype, shape or data_offsets") }
    guard let format = ElementFormat(safetensors: type) else {
      throw .unsupportedElements(place: "\(place) (\(name))", type: "elements of type \(type)")
    }
    let dimensions = sizes.compactMap(\.integer)
    guard dimensions.count == sizes.count, let count = dimensions.checkedProduct else {
      throw malformed("has a shape that is none")
    }
    let (start, end) = (offsets[0], offsets[1])
    guard start >= 0, end >= start, count.multipliedSaturating(format.size) == end - start else {
      throw malformed("has a byte range that does not fit its shape")
    }
    return Entry(name: name, format: format, dimensions: dimensions, start: start, end: end)
  }

  /// Writes the tensors in the order given, Float64 before Float32 before bool, so that each
  /// begins at a multiple of its element's size.
  package static func write(
    _ tensors: [NamedTensor], notes: [String: String], to sink: any ByteSink
  ) throws(DataError) {
    let ordered = tensors.enumerated().sorted {
      ($0.element.tensor.alignmentRank, $0.offset) < ($1.element.tensor.alignmentRank, $1.offset)
    }.map(\.element)
    var position = 0
    var members: [String] = []
    if !notes.isEmpty { members.append("\"__metadata__\":\(JSONValue.text(notes))") }
    for named in ordered {
      let end = position + named.tensor.storedByteCount
      let shape = named.tensor.shape.dimensions.map(String.init).joined(separator: ",")
      members.append(
        "\(JSONValue.quoted(named.name)):{\"dtype\":\"\(named.tensor.safetensorsType)\","
          + "\"shape\":[\(shape)],\"data_offsets\":[\(position),\(end)]}")
      position = end
    }
    var header = Array("{\(members.joined(separator: ","))}".utf8)
    header.append(
      contentsOf: [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8))
    var start: [UInt8] = []
    start.append(little: UInt64(header.count))
    try sink.write(start + header)
    for named in ordered { try sink.write(elementsOf: named.tensor) }
  }
}

extension Tensor {
  fileprivate var safetensorsType: String {
    switch elementType {
    case .f32: "F32"
    case .f64: "F64"
    case .bool: "BOOL"
    }
  }

  fileprivate var alignmentRank: Int {
    switch elementType {
    case .f64: 0
    case .f32: 1
    case .bool: 2
    }
  }
}
