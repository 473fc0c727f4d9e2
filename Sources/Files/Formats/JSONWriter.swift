import Tensors

/// Writes values in JSON so that `JSONParser` gives back the same: numbers in the fewest digits that
/// read back as the same Float64, tensors as nested lists, a list of plain values on one line.
struct JSONWriter {
  enum Layout {
    /// One value, its lists and records set in for people.
    case document
    /// The elements of a list, or the rows of a tensor, one a line.
    case lines
  }

  private let format: FileFormat
  private let sink: any ByteSink
  private var bytes: [UInt8] = []
  private var path = NestedPath()
  /// How far the current line is set in; nil where a value takes no lines of its own.
  private var indent: Int?

  private static let piece = 1 << 16
  private static let mostEmptyRows = 1 << 20

  /// Writes what a file is to hold; nothing of a network, which no form of JSON holds.
  static func write(
    _ contents: FileContents, _ layout: Layout, to sink: any ByteSink
  ) throws(DataError) {
    guard let value = try contents.nested() else { return }
    var writer = JSONWriter(layout, sink)
    switch layout {
    case .document: try writer.writeDocument(value)
    case .lines: try writer.writeLines(value)
    }
  }

  private init(_ layout: Layout, _ sink: any ByteSink) {
    format = layout == .document ? .json : .jsonLines
    self.sink = sink
  }

  private mutating func writeDocument(_ value: NestedValue) throws(DataError) {
    indent = 0
    try append(value)
    bytes.append(0x0A)
    try sink.write(bytes)
  }

  private mutating func writeLines(_ value: NestedValue) throws(DataError) {
    switch value {
    case .list(let elements):
      for (place, element) in elements.enumerated() {
        path.enter(.index(place))
        try append(element)
        path.leave()
        bytes.append(0x0A)
        try passOn()
      }
    case .tensor(let tensor) where tensor.rank > 0:
      try append(tensor, betweenRows: [0x0A], isBracketed: false)
      if tensor.shape[0] > 0 { bytes.append(0x0A) }
    default:
      throw .unsavable(
        value: value.words, format: format,
        advice: "a line holds an element of a list: save one value to a .json file")
    }
    try sink.write(bytes)
  }

  private mutating func passOn() throws(DataError) {
    guard bytes.count >= Self.piece else { return }
    try sink.write(bytes)
    bytes.removeAll(keepingCapacity: true)
  }

  private mutating func append(_ value: NestedValue) throws(DataError) {
    switch value {
    case .none: bytes += "null".utf8
    case .bool(let truth): bytes += (truth ? "true" : "false").utf8
    case .number(let number): try append(number)
    case .text(let text): JSONValue.appendQuoted(text, to: &bytes)
    case .tensor(let tensor):
      let line = indent.map { [0x2C, 0x0A] + [UInt8](repeating: 0x20, count: $0 + 1) }
      try append(tensor, betweenRows: line ?? Array(", ".utf8), isBracketed: true)
    case .list(let elements): try append(elements)
    case .record(let fields): try append(fields)
    }
    try passOn()
  }

  // MARK: Lists and records

  private mutating func append(_ elements: [NestedValue]) throws(DataError) {
    let isOnOneLine = indent == nil || elements.allSatisfy(\.isScalar)
    let outer = try open("[")
    for (place, element) in elements.enumerated() {
      begin(place, isOnOneLine: isOnOneLine)
      path.enter(.index(place))
      try append(element)
      path.leave()
    }
    close("]", outer, isOnOneLine: isOnOneLine)
  }

  private mutating func append(_ fields: [(name: String, value: NestedValue)]) throws(DataError) {
    let isOnOneLine = indent == nil || fields.isEmpty
    let outer = try open("{")
    for (place, field) in fields.enumerated() {
      begin(place, isOnOneLine: isOnOneLine)
      JSONValue.appendQuoted(field.name, to: &bytes)
      bytes += ": ".utf8
      path.enter(.field(field.name))
      try append(field.value)
      path.leave()
    }
    close("}", outer, isOnOneLine: isOnOneLine)
  }

  /// Opens a list or record, and gives how far its surroundings are set in.
  private mutating func open(_ bracket: String) throws(DataError) -> Int? {
    guard path.depth < JSONFile.deepest else { throw .nestedTooDeeply(format) }
    bytes += bracket.utf8
    defer { indent = indent.map { $0 + 2 } }
    return indent
  }

  private mutating func begin(_ place: Int, isOnOneLine: Bool) {
    if place > 0 { bytes += (isOnOneLine ? ", " : ",").utf8 }
    if !isOnOneLine { breakLine() }
  }

  private mutating func close(_ bracket: String, _ outer: Int?, isOnOneLine: Bool) {
    indent = outer
    if !isOnOneLine { breakLine() }
    bytes += bracket.utf8
  }

  private mutating func breakLine() {
    bytes.append(0x0A)
    bytes += Array(repeating: 0x20, count: indent ?? 0)
  }

  // MARK: Numbers

  private mutating func append(_ number: Double) throws(DataError) {
    guard number.isFinite else {
      throw .unsavable(
        value: path.placing(number.isNaN ? "nan" : number < 0 ? "-inf" : "inf"), format: format,
        advice: "JSON has no such number: put another value there, as none")
    }
    if let whole = Int(exactly: number), abs(whole) <= 1 << 53, whole != 0 || number.sign == .plus {
      bytes += "\(whole)".utf8
    } else {
      bytes += number.description.utf8
    }
  }

  /// A tensor as nested lists, the last axis on one line.
  private mutating func append(
    _ tensor: Tensor, betweenRows: [UInt8], isBracketed: Bool
  ) throws(DataError) {
    guard path.depth + tensor.rank <= JSONFile.deepest else { throw .nestedTooDeeply(format) }
    guard tensor.count > 0 || tensor.shape.nestedListCount <= Self.mostEmptyRows else {
      throw .unsavable(
        value: path.placing("a \(tensor.shape) tensor"), format: format,
        advice: "it has rows without an element: a .npy file holds their number alone")
    }
    let rows = TensorRows(
      sizes: tensor.shape.dimensions, areTruths: tensor.elementType == .bool,
      betweenRows: betweenRows, isBracketed: isBracketed)
    if tensor.elementType == .f64 {
      try tensor.readDoubles { (values) throws(DataError) in
        var place = 0
        try self.append(values, &place, axis: 0, rows)
      }
    } else {
      try tensor.readFloats { (values) throws(DataError) in
        var place = 0
        try self.append(values, &place, axis: 0, rows)
      }
    }
  }

  private struct TensorRows {
    let sizes: [Int]
    let areTruths: Bool
    /// What stands between the parts of the first axis, where they are rows themselves.
    let betweenRows: [UInt8]
    /// Whether the first axis has brackets.
    let isBracketed: Bool
  }

  /// - Parameter place: of the next element.
  private mutating func append<Number: BinaryFloatingPoint>(
    _ values: UnsafeBufferPointer<Number>, _ place: inout Int, axis: Int, _ rows: TensorRows
  ) throws(DataError) {
    guard axis < rows.sizes.count else {
      defer { place += 1 }
      if rows.areTruths {
        bytes += (values[place] == 0 ? "false" : "true").utf8
        return
      }
      try append(Double(values[place]))
      return
    }
    let isBracketed = axis > 0 || rows.isBracketed
    let isInLines = axis == 0 && (rows.sizes.count > 1 || !isBracketed)
    if isBracketed { bytes.append(UInt8(ascii: "[")) }
    for index in 0..<rows.sizes[axis] {
      if index > 0 { bytes += isInLines ? rows.betweenRows : [0x2C, 0x20] }
      path.enter(.index(index))
      try append(values, &place, axis: axis + 1, rows)
      path.leave()
    }
    if isBracketed { bytes.append(UInt8(ascii: "]")) }
    try passOn()
  }
}

extension DataError {
  /// Lists and records in each other that could not be read back.
  package static func nestedTooDeeply(_ format: FileFormat) -> DataError {
    .unsavable(
      value: "lists and records nested more than \(JSONFile.deepest) deep", format: format,
      advice: "save the inner ones by themselves")
  }
}
