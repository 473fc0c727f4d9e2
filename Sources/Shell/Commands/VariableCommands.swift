import Console
import Datasets
import Language
import Networks
import Syntax
import Tensors

extension Command {
  /// The session's variables.
  static let variables: [Command] = [who, clear]

  static let who = Command(
    "who", "lists the variables: kind, shape, bytes, value",
    examples: [
      .init(
        "x = zeros(2, 3)\nname = \"nnsh\"\nwho",
        """
        name  kind    shape  bytes  value
        x     tensor  2×3     24 B
        name  string                "nnsh"
        """)
    ],
    seeAlso: ["describe", "clear"]
  ) { context in
    var table = Table([
      ("name", .left), ("kind", .left), ("shape", .left), ("bytes", .right), ("value", .left),
    ])
    for (name, value) in context.machine.globals.userDefined where name != "args" {
      let measure = ValueMeasure(value)
      table.append([
        TextLayout.cut(EscapeCodes.shown(name), to: 40), value.kindName, measure.extent,
        measure.bytes > 0 ? NumberForm.bytes(measure.bytes) : "",
        ShortValue.text(of: value, width: 40),
      ])
    }
    guard !table.rows.isEmpty else {
      context.note("no variables yet")
      return nil
    }
    context.page(table)
    return nil
  }

  static let clear = Command(
    "clear", "forgets variables; without a name, all",
    arguments: [
      .slot(
        "names", .topic, default: .computed("all"), isVariadic: true, "the variables")
    ],
    examples: [
      .init(
        "a = 1; b = 2\nclear a\nwho",
        "name  kind    shape  bytes  value\nb     number                2")
    ],
    seeAlso: ["who", "reset"]
  ) { context in
    let globals = context.machine.globals
    let names = try context.words("names")
    for name in names where !globals.isUserDefined(name) {
      let near = nearest(name, among: globals.userDefined.map(\.name))
      throw RuntimeError.other(
        "there is no variable \(name)",
        hint: near.isEmpty ? nil : "did you mean \(near.joined(separator: " or "))?")
    }
    let all = globals.userDefined.map(\.name).filter { $0 != "args" }
    for name in names.isEmpty ? all : names { globals.remove(name) }
    return nil
  }
}

/// How large a value is.
struct ValueMeasure {
  /// A shape, a count, a structure in a few words.
  let extent: String
  /// The memory of its tensors.
  let bytes: Int

  init(_ value: Value) {
    switch value {
    case .tensor(let box):
      extent = "\(box.content.shape)"
      bytes = Self.bytes(of: box.content)
    case .list(let box):
      extent = "\(box.content.count) items"
      bytes = Self.bytesOfParts(value)
    case .record(let box):
      extent = TextLayout.cut(
        box.content.names.prefix(20).map { EscapeCodes.shown(TextLayout.cut($0, to: 40)) }
          .joined(separator: ", ") + (box.content.names.count > 20 ? ", …" : ""), to: 40)
      bytes = Self.bytesOfParts(value)
    case .table(let box):
      extent = "\(box.content.count)×\(box.content.columns.count)"
      bytes = Self.bytesOfParts(value)
    case .network(let box):
      extent = TextLayout.cut(box.content.network.description, to: 60)
      bytes = box.content.network.parameters.reduce(0) { $0 + Self.bytes(of: $1.tensor) }
    case .dataSet(let box):
      let set = box.content
      extent = "\(set.count) examples"
      bytes = [set.train, set.valid, set.test].reduce(0) { $0 + Self.bytes(of: $1) }
    case .split(let box):
      extent = "\(box.content.x.shape)"
      bytes = Self.bytes(of: box.content)
    default:
      extent = ""
      bytes = 0
    }
  }

  /// What a list or record takes up, each part that it holds once.
  private static func bytesOfParts(_ value: Value) -> Int {
    var bytes = 0
    _ = value.contains { part in
      switch part {
      case .list, .record, .table: break
      default: bytes = bytes.addingReportingOverflow(ValueMeasure(part).bytes).partialValue
      }
      return false
    }
    return bytes
  }

  private static func bytes(of split: Split) -> Int {
    bytes(of: split.x) + bytes(of: split.y) + (split.labels.map { bytes(of: $0) } ?? 0)
  }

  private static func bytes(of tensor: Tensor) -> Int {
    tensor.count * (tensor.elementType == .f64 ? 8 : 4)
  }
}
