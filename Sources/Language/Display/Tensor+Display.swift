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
  ///
  /// Columns are laid out from the edges inwards, up to the width: of a wide tensor no more of them
  /// are written than fit.
  private func grid(leading: [Int], rows: Int?, columns: Int) -> [String] {
    let shownRows = shown(rows ?? 1)
    let all = shown(columns).compactMap { $0 }
    var room = style.fitsTensors ? max(0, style.width - 1) : Int.max
    var (left, right): ([[String]], [[String]]) = ([], [])
    for step in 0..<all.count where !Interrupt.isRequested {
      let isLeft = step % 2 == 0
      let column = isLeft ? all[step / 2] : all[all.count - 1 - step / 2]
      let cells = shownRows.map { row in
        row.map { text(at: leading + (rows == nil ? [column] : [$0, column])) } ?? ""
      }
      let (aligned, width) = Self.aligned(cells)
      // What is left out is told by a column of its own.
      let mark = left.count + right.count + 1 < columns ? 3 : 0
      if room < width + 2 + mark, step > 0 { break }
      room -= min(room, width + 2)
      if isLeft { left.append(aligned) } else { right.append(aligned) }
    }
    let isCut = left.count + right.count < columns
    let shownColumns =
      left + (isCut ? [Array(repeating: "…", count: shownRows.count)] : []) + right.reversed()
    return shownRows.enumerated().map { index, row in
      row == nil ? "  …" : "  " + shownColumns.map { $0[index] }.joined(separator: "  ")
    }
  }

  /// Cells filled up to the widest one, and its width.
  private static func aligned(_ cells: [String]) -> (cells: [String], width: Int) {
    let width = cells.map(\.utf8.count).max() ?? 0
    return (
      cells.map { String(repeating: " ", count: width - $0.utf8.count) + $0 }, width
    )
  }

  /// The indices shown along an axis; nil stands for those left out.
  private func shown(_ count: Int) -> [Int?] {
    guard count > 2 * style.edge else { return Array(0..<count) }
    return Array(0..<style.edge) + [nil] + Array((count - style.edge)..<count)
  }

  /// An element; nothing once Ctrl-C was pressed, after which nobody reads it.
  private func text(at index: [Int]) -> String {
    Interrupt.isRequested ? "" : text(of: (try? tensor.element(at: index)) ?? .nan)
  }

  private func text(of number: Double) -> String {
    if tensor.elementType == .bool { return number == 0 ? "false" : "true" }
    return number.displayed(digits: style.digits)
  }
}
