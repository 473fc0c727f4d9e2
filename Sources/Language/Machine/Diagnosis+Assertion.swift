import Tensors

extension Diagnosis {
  /// What the two sides of a failed `assert` are; nil where it compares nothing.
  func sides(at position: Int) -> String? {
    guard let pattern = code?.tables.assertions.first(where: { $0.position == position })
    else { return nil }
    let left = slot(machine.bases, pattern.left.bits).pointee
    let right = slot(machine.bases, pattern.right.bits).pointee
    var (first, second) = (Self.short(left), Self.short(right))
    if first == second, case .number(let a) = left, case .number(let b) = right {
      // The usual digits do not tell them apart.
      (first, second) = ("\(a)", "\(b)")
    }
    let lines =
      first.utf8.count + second.utf8.count <= 60
      ? ["left is \(first), right is \(second)"] : ["left is \(first)", "right is \(second)"]
    return (lines + (Self.difference(left, right).map { [$0] } ?? [])).joined(separator: "\n")
  }

  /// A value in a line; what is long is told by its kind.
  private static func short(_ value: Value) -> String {
    switch value {
    case .tensor(let box) where box.content.count > 12: return value.kindPhrase
    case .list(let box) where box.content.count > 50: return "a list of \(box.content.count)"
    case .record(let box) where box.content.names.count > 50: return value.kindPhrase
    case .string(let box) where box.content.utf8.count > 200: return value.kindPhrase
    default:
      let text = value.inline()
      return text.utf8.count > 200 || text.contains("\n") ? value.kindPhrase : text
    }
  }

  /// Where two tensors of one shape first differ, if they are too large to be shown.
  private static func difference(_ left: Value, _ right: Value) -> String? {
    guard case .tensor(let a) = left, case .tensor(let b) = right,
      a.content.shape == b.content.shape, a.content.count > 12,
      let x = try? a.content.guardedDoubles(), let y = try? b.content.guardedDoubles(),
      let place = zip(x, y).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset
    else { return nil }
    var index: [Int] = []
    var rest = place
    for length in a.content.shape.dimensions.reversed() {
      index.insert(rest % length, at: 0)
      rest /= length
    }
    let count = zip(x, y).count { $0 != $1 }
    let places = index.map(String.init).joined(separator: ", ")
    return
      "\(count) of \(x.count) elements differ; first at [\(places)]: \(x[place].displayed) and \(y[place].displayed)"
  }
}
