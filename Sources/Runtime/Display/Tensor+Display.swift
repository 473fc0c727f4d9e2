import Tensors

/// Lays a tensor out as text: a header, then at most `style.edge` rows and columns a side.
struct TensorDisplay {
  let tensor: Tensor
  let style: DisplayStyle

  /// `1000×784 tensor f32`
  static func header(_ tensor: Tensor) -> String {
    "\(tensor.shape) tensor \(tensor.elementType)"
  }

  /// The header and the elements below it.
  func text() -> String {
    let header = style.paint(Self.header(tensor), .header)
    guard tensor.count > 0 else { return header }
    return ([header] + lines()).joined(separator: "\n")
  }

  private func lines() -> [String] {
    let dimensions = tensor.shape.dimensions
    switch dimensions.count {
    case 0: return ["  " + text(of: tensor.item ?? .nan)]
    case 1: return grid(leading: [], rows: nil, columns: dimensions[0])
    case 2: return grid(leading: [], rows: dimensions[0], columns: dimensions[1])
    default: return slices()
    }
  }

  /// The last two axes of a tensor of more, for the first and the last of the leading indices.
  private func slices() -> [String] {
    let dimensions = tensor.shape.dimensions
    let leadingDimensions = Array(dimensions.dropLast(2))
    let count = leadingDimensions.reduce(1, *)
    let shown = count <= 4 ? Array(0..<count) : [0, 1, count - 1]
    var lines: [String] = []
    var previous = -1
    for position in shown {
      if position != previous + 1 { lines.append("  …") }
      previous = position
      let leading = Self.indices(of: position, in: leadingDimensions)
      let label = (leading.map(String.init) + [":", ":"]).joined(separator: ", ")
      lines.append(style.paint("[\(label)]", .header))
      lines += grid(
        leading: leading, rows: dimensions[dimensions.count - 2],
        columns: dimensions[dimensions.count - 1])
    }
    return lines
  }

  /// The indices, axis by axis, of a row-major position.
  private static func indices(of position: Int, in dimensions: [Int]) -> [Int] {
    var rest = position
    var indices: [Int] = []
    for dimension in dimensions.reversed() {
      indices.append(rest % max(1, dimension))
      rest /= max(1, dimension)
    }
    return indices.reversed()
  }

  /// Rows of right-aligned columns; `rows` is nil for a tensor of one dimension.
  private func grid(leading: [Int], rows: Int?, columns: Int) -> [String] {
    let shownRows = shown(rows ?? 1)
    let shownColumns = shown(columns)
    var cells: [[String]] = shownRows.map { row in
      guard let row else { return [] }
      return shownColumns.map { column in
        guard let column else { return "…" }
        let index = leading + (rows == nil ? [column] : [row, column])
        return text(of: (try? tensor.element(at: index)) ?? .nan)
      }
    }
    for column in shownColumns.indices {
      let width = cells.map { $0.isEmpty ? 0 : $0[column].count }.max() ?? 0
      for row in cells.indices where !cells[row].isEmpty {
        let cell = cells[row][column]
        cells[row][column] = String(repeating: " ", count: width - cell.count) + cell
      }
    }
    return cells.map { $0.isEmpty ? "  …" : "  " + $0.joined(separator: "  ") }
  }

  /// The indices shown along an axis; nil stands for those left out.
  private func shown(_ count: Int) -> [Int?] {
    guard count > 2 * style.edge else { return Array(0..<count) }
    return Array(0..<style.edge) + [nil] + Array((count - style.edge)..<count)
  }

  private func text(of number: Double) -> String {
    if tensor.elementType == .bool { return number == 0 ? "false" : "true" }
    return number.displayed(digits: style.digits)
  }
}
