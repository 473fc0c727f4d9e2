import Console
import Language
import Plot
import Tensors

/// What `show` takes a tensor for: said with the picture, and chosen by `as=`.
extension Showing {
  enum Form: String, CaseIterable {
    case image, matrix, table, confusion
  }

  static let forms = Form.allCases.map(\.rawValue)

  /// A tensor in the form that is asked for.
  func tensor(_ tensor: Tensor, as form: Form) throws -> [Exhibit] {
    switch form {
    case .matrix: return [text(Value(tensor))]
    case .image: return try images(tensor)
    case .table: return try table(tensor)
    case .confusion:
      let sizes = tensor.shape.dimensions
      guard sizes.count == 2, sizes[0] == sizes[1], sizes[0] > 0, sizes[0] <= 100,
        try tensor.guardedDoubles().allSatisfy({ $0 >= 0 && $0 < 1e15 && $0 == $0.rounded() })
      else {
        throw refused(tensor, form, "a square matrix of counts, with 100 classes at most")
      }
      return [.table(ConfusionTable(tensor, names: []).table)]
    }
  }

  /// Pictures without a guess: a matrix is one, a stack is many.
  private func images(_ tensor: Tensor) throws -> [Exhibit] {
    let sizes = tensor.shape.dimensions
    guard tensor.count > 0, (1...4).contains(tensor.rank) else {
      throw refused(tensor, .image, "a matrix, or a stack of them")
    }
    switch tensor.rank {
    case 1: return try picture(tensor, rows: 1, columns: sizes[0])
    case 2: return try picture(tensor, rows: sizes[0], columns: sizes[1])
    case 3 where Self.isColored(sizes):
      return try picture(tensor, rows: sizes[0], columns: sizes[1], channels: sizes[2])
    default: return try gallery(tensor) { "\($0)" }
    }
  }

  /// Numbers in columns, with the rows' and columns' places.
  private func table(_ tensor: Tensor) throws -> [Exhibit] {
    let sizes = tensor.shape.dimensions
    guard (1...2).contains(tensor.rank), tensor.count > 0 else {
      throw refused(tensor, .table, "a vector or a matrix")
    }
    let columns = sizes.count == 2 ? sizes[1] : 1
    let (rows, shown) = (min(sizes[0], count ?? 50), min(columns, 24))
    var table = Table([("", .right)] + (0..<shown).map { ("\($0)", .right) })
    let numbers = try tensor.rows(0..<rows).guardedDoubles()
    for row in 0..<rows {
      table.append(
        ["\(row)"] + (0..<shown).map { NumberForm.significant(numbers[row * columns + $0], 4) })
    }
    var rest: [String] = []
    if rows < sizes[0] { rest.append("\(sizes[0] - rows) more rows") }
    if shown < columns { rest.append("\(columns - shown) more columns") }
    return [.table(table), .lines(rest.isEmpty ? [] : ["… " + rest.joined(separator: ", ")])]
  }

  private func refused(_ tensor: Tensor, _ form: Form, _ needed: String) -> RuntimeError {
    .other(
      "show: as=\(form.rawValue) needs \(needed), not \(Value(tensor).kindPhrase)", hint: nil)
  }

  /// Says what a value is taken for, and how to choose.
  func tell(_ guess: String, instead forms: Form...) {
    let others = forms.map { form -> String in
      switch form {
      case .matrix: "as=matrix shows its numbers"
      case .image: "as=image shows it as it is"
      case .table: "as=table its rows"
      case .confusion: "as=confusion counts"
      }
    }
    context.note("taken for \(guess); \(others.joined(separator: ", "))")
  }
}
