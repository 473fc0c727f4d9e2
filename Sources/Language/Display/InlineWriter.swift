import Datasets
import Networks
import Syntax
import Tensors

/// Writes a value on one line. However deeply values are nested, and in however many places a list
/// stands, the text stays as short as a person can read.
struct InlineWriter {
  let style: DisplayStyle
  private(set) var text = ""
  /// How many more parts of lists and records are written.
  private var partsLeft = 1000
  /// How many more bytes of strings are written whole.
  private var bytesLeft = 1 << 20

  /// How many elements of a long list are shown at its beginning and its end.
  private static let listBeginning = 10
  private static let listEnd = 3
  /// How many characters are shown of a string that is too long to be written.
  private static let stringBeginning = 1000
  /// How many fields of a long record are shown.
  private static let recordBeginning = 40
  /// Values nested more deeply are shown as `…`.
  private static let depthLimit = 20

  init(style: DisplayStyle) { self.style = style }

  mutating func write(_ value: Value, depth: Int = 0) {
    switch value {
    case .none: text += style.paint("none", .keyword)
    case .bool(let value): text += style.paint("\(value)", .keyword)
    case .number(let number): text += style.paint(number.displayed, .number)
    case .string(let box): text += style.paint(literal(box.content), .string)
    case .tensor(let box): write(box.content)
    case .traced(let box): write(Value(box.content.tensor), depth: depth)
    case .list(let box): write(box.content, depth: depth)
    case .record(let box): write(box.content, depth: depth)
    case .table(let box): text += style.paint(TableDisplay.header(box.content), .header)
    case .range(let box): text += box.content.text
    case .function(let function): text += function.displayName
    case .network(let box): text += NetworkDisplay.summary(box.content.network)
    case .optimizer(let box): text += box.content.description
    case .schedule(let box): text += box.content.description
    case .dataSet(let box): text += DataDisplay.summary(box.content)
    case .split(let box): text += DataDisplay.summary(box.content)
    }
  }

  /// A string as a literal; of one that nobody reads to its end, the beginning and its size.
  private mutating func literal(_ string: String) -> String {
    let bytes = string.utf8.count
    guard bytes > bytesLeft, bytes > Self.stringBeginning else {
      bytesLeft -= bytes
      return Value.quoted(string)
    }
    let beginning = String(string.unicodeScalars.prefix(Self.stringBeginning))
    return Value.quoted(beginning + "…") + " (\(bytes) bytes)"
  }

  /// A short vector with its elements, any other tensor by its header.
  private mutating func write(_ tensor: Tensor) {
    guard tensor.isShortVector else {
      return text += style.paint(TensorDisplay.header(tensor), .header)
    }
    let isMask = tensor.elementType == .bool
    let elements = tensor.doubles().map { number in
      isMask
        ? style.paint("\(number != 0)", .keyword) : style.paint(number.displayed, .number)
    }
    text += "[" + elements.joined(separator: ", ") + "]"
  }

  private mutating func write(_ values: [Value], depth: Int) {
    guard depth < Self.depthLimit else { return text += "[…]" }
    let isShort = values.count <= 2 * Self.listBeginning
    text += "["
    for (place, value) in values.prefix(isShort ? values.count : Self.listBeginning).enumerated() {
      guard takePart(place) else { return text += "…]" }
      write(value, depth: depth + 1)
    }
    if !isShort {
      text += ", …"
      for value in values.suffix(Self.listEnd) {
        guard takePart(1) else { return text += "…]" }
        write(value, depth: depth + 1)
      }
    }
    text += "]"
  }

  private mutating func write(_ record: Record, depth: Int) {
    guard depth < Self.depthLimit else { return text += "{…}" }
    text += "{"
    for (place, (name, value)) in zip(record.names, record.values).enumerated() {
      guard place < Self.recordBeginning || record.count <= 2 * Self.recordBeginning,
        takePart(place)
      else {
        return text += place == 0 ? "…}" : ", …}"
      }
      text += ShownName.key(name) + ": "
      write(value, depth: depth + 1)
    }
    text += "}"
  }

  /// Begins another part, with a comma before all but the first; false where no more are written.
  private mutating func takePart(_ place: Int) -> Bool {
    if place > 0, partsLeft > 0 { text += ", " }
    partsLeft -= 1
    return partsLeft >= 0
  }
}

extension Tensor {
  /// Whether it is a vector that fits into a line: up to a dozen elements.
  var isShortVector: Bool { rank == 1 && count <= 12 }
}
