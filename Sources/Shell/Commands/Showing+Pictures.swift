import Language
import Plot
import Tensors

/// Tensors as pictures.
extension Showing {
  func tensor(_ tensor: Tensor) throws -> [Exhibit] {
    if ConfusionTable.fits(tensor) {
      tell("a confusion matrix", instead: .matrix, .image)
      return [.table(ConfusionTable(tensor, names: []).table)]
    }
    let sizes = tensor.shape.dimensions
    guard tensor.count > 0 else { return [text(Value(tensor))] }
    switch tensor.rank {
    case 4 where Self.areFilters(sizes):
      tell(
        "the weights of a convolution, \(sizes[2])→\(sizes[3]) channels", instead: .image, .matrix)
      return try filters(tensor)
    case 4:
      tell("\(sizes[0]) pictures of \(sizes[1])×\(sizes[2])", instead: .matrix)
      return try gallery(tensor) { "\($0)" }
    case 3 where Self.isColored(sizes):
      tell("a picture of \(sizes[0])×\(sizes[1]) in colour", instead: .matrix)
      return try picture(tensor, rows: sizes[0], columns: sizes[1], channels: sizes[2])
    case 3:
      tell("\(sizes[0]) pictures of \(sizes[1])×\(sizes[2])", instead: .matrix)
      return try gallery(tensor) { "\($0)" }
    case 2: return try matrix(tensor)
    case 1:
      if let side = Self.side(sizes[0]) {
        tell("a picture of \(side)×\(side)", instead: .matrix, .table)
        return try picture(tensor, rows: side, columns: side)
      }
      return [text(Value(tensor))]
    default: return [text(Value(tensor))]
    }
  }

  /// Rows that are pictures, as examples; columns that are, as the weights of a layer; otherwise
  /// the matrix is one picture.
  private func matrix(_ tensor: Tensor) throws -> [Exhibit] {
    let sizes = tensor.shape.dimensions
    let (rowSide, columnSide) = (Self.side(sizes[1]), Self.side(sizes[0]))
    let areColumns = columnSide != nil && (rowSide == nil || (columnSide == 28 && rowSide != 28))
    if let rowSide, !areColumns {
      tell("a picture of \(rowSide)×\(rowSide) in each row", instead: .matrix, .image)
      return try gallery(tensor.reshaped([sizes[0], rowSide, rowSide])) { "\($0)" }
    }
    if let columnSide {
      tell("a picture of \(columnSide)×\(columnSide) in each column", instead: .matrix, .image)
      let rows = try tensor.transposed().contiguous()
      return try gallery(rows.reshaped([sizes[1], columnSide, columnSide])) { "\($0)" }
    }
    tell("a picture of \(sizes[0])×\(sizes[1])", instead: .matrix, .table)
    return try picture(tensor, rows: sizes[0], columns: sizes[1])
  }

  /// The side of a square image of so many pixels, from 12×12 up.
  private static func side(_ count: Int) -> Int? {
    let side = Int(Double(count).squareRoot().rounded())
    return side >= 12 && side * side == count ? side : nil
  }

  /// Whether three axes are the rows, columns and colours of one picture.
  static func isColored(_ sizes: [Int]) -> Bool {
    (sizes[2] == 3 || sizes[2] == 4) && sizes[0] > 4 && sizes[1] > 4
  }

  /// Whether four axes are kernel×kernel×in×out, as a convolution's weights.
  private static func areFilters(_ sizes: [Int]) -> Bool {
    sizes[0] == sizes[1] && sizes[0] <= 15 && !(sizes[3] == 1 || sizes[3] == 3)
      || sizes[0] == sizes[1] && sizes[0] < 8
  }

  /// A convolution's weights, a picture for each channel that goes in and each that comes out.
  private func filters(_ tensor: Tensor) throws -> [Exhibit] {
    let sizes = tensor.shape.dimensions
    let stack = try tensor.transposed([2, 3, 0, 1]).contiguous()
      .reshaped([sizes[2] * sizes[3], sizes[0], sizes[1]])
    let several = sizes[2] > 1
    return try gallery(stack, enlargingToward: 12) { place in
      let (input, output) = (place / sizes[3], place % sizes[3])
      return several ? "\(input)→\(output)" : "\(output)"
    }
  }

  func picture(
    _ tensor: Tensor, rows: Int, columns: Int, channels: Int = 1
  ) throws -> [Exhibit] {
    let room = context.dotsAcross
    let image =
      channels > 1
      ? TerminalImage(
        values: try NumberBlocks(tensor).all(), rows: rows, columns: columns, channels: channels,
        range: Self.range(tensor)
      ).fitted(rows: 4096, columns: room)
      : try TerminalImage(
        averaging: NumberBlocks(tensor), rows: rows, columns: columns, toFit: room)
    return [.pictures([(image.enlarged(toward: min(16, room)), "")])]
  }

  /// Colours of 0…1 are shown as they are; any others between their least and greatest.
  private static func range(_ tensor: Tensor) -> ClosedRange<Double>? {
    tensor.doubles().allSatisfy { $0 >= 0 && $0 <= 1 } ? 0...1 : nil
  }

  /// Pictures of the first few of a stack N×H×W or N×H×W×channels.
  ///
  /// - Parameter enlargingToward: how many dots small pictures should be wide, about.
  func gallery(
    _ stack: Tensor, enlargingToward side: Int = 1, caption: (Int) -> String
  ) throws -> [Exhibit] {
    let sizes = stack.shape.dimensions
    guard sizes.count >= 3, sizes[0] > 0 else { return [.lines(["no images"])] }
    let channels = sizes.count > 3 ? max(1, sizes[3]) : 1
    let shown = min(sizes[0], max(0, count ?? 12))
    let images = try (0..<shown).map { row in
      try Interrupt.check()
      let pixels = try stack.rows(row..<row + 1)
      let image = TerminalImage(
        values: pixels.doubles(), rows: sizes[1], columns: sizes[2], channels: channels,
        range: channels > 1 ? Self.range(pixels) : nil)
      return (image.enlarged(toward: side), caption(row))
    }
    let rest = sizes[0] - shown
    let note =
      rest > 0 && count == nil
      ? ["\(shown) of \(sizes[0]); show … \(min(sizes[0], 40)) shows more"] : []
    return [.pictures(images), .lines(note)]
  }
}
