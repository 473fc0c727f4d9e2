import Platform
import Tensors

/// Writes a matrix, one row a line, or a vector, one value a line, so that `CSVReader` gives back
/// the same numbers.
package enum CSVWriter {
  private static let piece = 4096

  /// Each number in the fewest digits that read back as the same Float32 or Float64.
  package static func write(
    _ tensor: Tensor, separator: UInt8 = UInt8(ascii: ","), to sink: any ByteSink
  ) throws(DataError) {
    let sizes = tensor.shape.dimensions
    guard sizes.count <= 2 else {
      throw .unsavable(
        value: "a \(tensor.shape) tensor", format: .csv,
        advice: "a table has rows and columns: reshape it to two dimensions, or save it as .npy")
    }
    let columns = sizes.count == 2 ? sizes[1] : 1
    if tensor.elementType == .f64 {
      try tensor.readDoubles { (values) throws(DataError) in
        try write(values, columns: columns, separator: separator, to: sink)
      }
    } else {
      try tensor.readFloats { (values) throws(DataError) in
        try write(values, columns: columns, separator: separator, to: sink)
      }
    }
  }

  private static func write<Value: CSVWritable>(
    _ values: UnsafeBufferPointer<Value>, columns: Int, separator: UInt8, to sink: any ByteSink
  ) throws(DataError) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(piece * 16)
    // A first row that counts 0, 1, 2, … would be taken for names: decimals tell it is none.
    let isCounting =
      columns > 1 && values.prefix(columns).enumerated().allSatisfy { $1 == Value($0) }
    for index in values.indices {
      let digits = values[index].csvText.utf8
      let isWhole = digits.suffix(2).elementsEqual(".0".utf8)
      let keepsDecimals = isCounting && index < columns
      bytes.append(contentsOf: isWhole && !keepsDecimals ? digits.dropLast(2) : digits[...])
      bytes.append((index + 1) % columns == 0 ? UInt8(ascii: "\n") : separator)
      if index % piece == piece - 1 {
        try throwIfInterrupted("the table")
        try sink.write(bytes)
        bytes.removeAll(keepingCapacity: true)
      }
    }
    try sink.write(bytes)
  }
}

/// A number as the writer spells it.
protocol CSVWritable: BinaryFloatingPoint {
  var csvText: String { get }
}

extension Float: CSVWritable {
  /// Swift describes a number by the fewest digits that read back as itself.
  var csvText: String { description }
}

extension Double: CSVWritable {
  /// The fewest digits, and more where the reader would take Float32 to be enough for them.
  var csvText: String {
    guard isFinite, Double(Float(self)) != self, !isReadAsDouble else { return description }
    return self == rounded() ? formatted("f", precision: 0) : formatted("g", precision: 17)
  }

  /// Whether the fewest digits that read back as this number make a column one of Float64.
  var isReadAsDouble: Bool {
    let bytes = Array(description.utf8) + [UInt8](repeating: 0, count: TextWindow.padding)
    return bytes.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.flatMap {
        CSVNumber<Float>.parsePrefix($0, point: UInt8(ascii: "."))?.needsDouble
      } ?? false
    }
  }
}
