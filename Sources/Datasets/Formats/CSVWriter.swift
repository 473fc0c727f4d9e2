import Tensors

/// Writes a matrix, one row a line, or a vector, one value a line.
enum CSVWriter {
  private static let piece = 4096

  /// Each number in the fewest digits that read back as the same Float32 or Float64.
  static func write(
    _ tensor: Tensor, separator: UInt8 = UInt8(ascii: ","), to sink: any ByteSink
  ) throws(DatasetError) {
    let sizes = tensor.shape.dimensions
    guard sizes.count <= 2 else {
      throw .unsavable(
        value: "a \(tensor.shape) tensor", format: .csv,
        advice: "a table has rows and columns: reshape it to two dimensions, or save it as .npy")
    }
    let columns = sizes.count == 2 ? sizes[1] : 1
    if tensor.elementType == .f64 {
      try tensor.readDoubles { (values) throws(DatasetError) in
        try write(values, columns: columns, separator: separator, to: sink)
      }
    } else {
      try tensor.readFloats { (values) throws(DatasetError) in
        try write(values, columns: columns, separator: separator, to: sink)
      }
    }
  }

  private static func write<Value: BinaryFloatingPoint & CustomStringConvertible>(
    _ values: UnsafeBufferPointer<Value>, columns: Int, separator: UInt8, to sink: any ByteSink
  ) throws(DatasetError) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(piece * 16)
    for index in values.indices {
      // Swift describes a number by the fewest digits that read back as itself.
      let digits = values[index].description.utf8
      let isWhole = digits.suffix(2).elementsEqual(".0".utf8)
      bytes.append(contentsOf: isWhole ? digits.dropLast(2) : digits[...])
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
