import Tensors

/// How bytes become numbers.
package enum ByteScaling: Sendable {
  /// 0…255 stay what they are.
  case asStored
  /// Bytes become value / 255, as images are wanted.
  case unitInterval
}

/// Decodes a stream of numbers in pieces, straight into the tensor they end up in.
///
/// Float32 and everything that fits into it (bytes, 16-bit integers, half precision) give
/// Float32; Float64 stays Float64; wider integers give Float32 unless one lies beyond ±2²⁴,
/// above which Float32 skips integers, then Float64; what that skips, beyond ±2⁵³, is noted.
struct ElementDecoder {
  let stream: any ByteStream
  let format: ElementFormat
  var scaling = ByteScaling.asStored

  private static let chunk = 1 << 16
  private static let largestExactInteger = 16_777_216.0

  /// A tensor of this shape from the stream's next bytes, in forms that hold no wide integers.
  func tensor(dimensions: [Int]) throws(DataError) -> Tensor {
    var rounded = RoundedIntegers()
    return try tensor(dimensions: dimensions, noting: &rounded)
  }

  /// A tensor of this shape from the stream's next bytes.
  func tensor(
    dimensions: [Int], noting rounded: inout RoundedIntegers
  ) throws(DataError) -> Tensor {
    if let mapped = mapped(dimensions) { return mapped }
    try checkClaim(dimensions)
    switch format.kind {
    case .bool:
      let tensor = try bytes(dimensions) { $0 == 0 ? 0 : 1 }
      return try tensorResult { () throws(TensorError) in try tensor.cast(to: .bool) }
    case .uint8:
      switch scaling {
      case .asStored: return try bytes(dimensions) { Float($0) }
      case .unitInterval: return try bytes(dimensions) { Float($0) / 255 }
      }
    case .float64:
      return try doubles(dimensions, &rounded)
    default:
      guard format.isWideInteger else { return try floats(dimensions) }
      let tensor = try doubles(dimensions, &rounded)
      return try tensorResult { () throws(TensorError) in
        let fits = try tensor.withDoubles { values in
          values.allSatisfy { abs($0) <= Self.largestExactInteger }
        }
        return fits ? try tensor.cast(to: .f32) : tensor
      }
    }
  }

  /// The numbers where they lie in the file, if they are to be mapped and need no conversion.
  private func mapped(_ dimensions: [Int]) -> Tensor? {
    let type: ElementType
    switch format.kind {
    case .float32: type = .f32
    case .float64: type = .f64
    default: return nil
    }
    guard !format.isBigEndian, let stream = stream as? SourceStream,
      let count = dimensions.checkedProduct, let shape = try? Shape(checking: dimensions),
      count.multipliedSaturating(format.size) <= stream.bound,
      let mapping = stream.mapping(count: count * format.size)
    else { return nil }
    return Tensor(mapping, shape, type)
  }

  /// Checks that the stream can hold what a header claims and that memory can take it.
  private func checkClaim(_ dimensions: [Int]) throws(DataError) {
    let shape = dimensions.map(String.init).joined(separator: "×")
    let claimed = dimensions.isEmpty ? "1 element" : "\(shape) elements"
    let count = dimensions.checkedProduct ?? .max
    let size = count.multipliedSaturating(format.size)
    guard size <= stream.bound else {
      throw .claimsMore(
        place: stream.place, what: "header",
        claimed: "\(claimed) of \(format.size) byte\(format.size == 1 ? "" : "s")",
        held: "\(stream is InflateStream ? "at most " : "")\(stream.bound) bytes of data")
    }
    let width = format.kind == .float64 ? 8 : format.isWideInteger ? 12 : 4
    try MemoryLimit.require(count.multipliedSaturating(width), for: stream.place)
  }

  /// One byte an element, through a table: the values are computed 256 times, not a million.
  private func bytes(
    _ dimensions: [Int], _ value: (UInt8) -> Float
  ) throws(DataError) -> Tensor {
    let table = (UInt8.min...UInt8.max).map(value)
    return try filledFloats(dimensions) { (output) throws(DataError) in
      try self.forEachChunk(of: output) { raw, target in
        table.withUnsafeBufferPointer { table in
          guard let values = table.baseAddress, let target = target.baseAddress,
            let bytes = raw.baseAddress?.assumingMemoryBound(to: UInt8.self)
          else { return }
          // SAFETY: raw and target hold as many elements, the table 256. A `while` because this
          // loop runs 47 million times for MNIST, in builds without optimisation too.
          var index = 0
          let count = raw.count
          while index < count {
            target[index] = values[Int(bytes[index])]
            index &+= 1
          }
        }
      }
    }
  }

  /// Numbers that fit Float32.
  private func floats(_ dimensions: [Int]) throws(DataError) -> Tensor {
    try filledFloats(dimensions) { (output) throws(DataError) in
      if format.kind == .float32, !format.isBigEndian {
        try stream.fill(UnsafeMutableRawBufferPointer(output), part: "data")
        return
      }
      try self.forEachChunk(of: output) { raw, target in
        switch format.kind {
        case .int8: load(Int8.self, raw, target) { Float($0) }
        case .uint16: load(UInt16.self, raw, target) { Float($0) }
        case .int16: load(Int16.self, raw, target) { Float($0) }
        case .float16: load(UInt16.self, raw, target) { Self.float(half: $0) }
        case .bfloat16: load(UInt16.self, raw, target) { Float(bitPattern: UInt32($0) << 16) }
        default: load(UInt32.self, raw, target) { Float(bitPattern: $0) }
        }
      }
    }
  }

  /// The value of a half-precision number, without branches so that many are converted at once:
  /// the compiler's own conversion is a call each where the processor need not have one.
  @inline(__always)
  private static func float(half: UInt16) -> Float {
    let bits = UInt32(half)
    // The fields in Float32's places, its exponent 112 less than it should be.
    let scaled = Float(bitPattern: (bits & 0x7FFF) << 13) * 0x1p112
    let notFinite: UInt32 = bits & 0x7C00 == 0x7C00 ? 0x7F80_0000 : 0
    return Float(bitPattern: scaled.bitPattern | notFinite | (bits & 0x8000) << 16)
  }

  /// Numbers that may need Float64.
  private func doubles(
    _ dimensions: [Int], _ rounded: inout RoundedIntegers
  ) throws(DataError) -> Tensor {
    var found = RoundedIntegers()
    defer { rounded = found }
    return try filledDoubles(dimensions) { (output) throws(DataError) in
      if format.kind == .float64, !format.isBigEndian {
        try stream.fill(UnsafeMutableRawBufferPointer(output), part: "data")
        return
      }
      try self.forEachChunk(of: output) { raw, target in
        switch format.kind {
        case .uint32: load(UInt32.self, raw, target) { Double($0) }
        case .int32: load(Int32.self, raw, target) { Double($0) }
        case .uint64:
          load(UInt64.self, raw, target) { Double($0) }
          note(UInt64.self, raw, target, &found)
        case .int64:
          load(Int64.self, raw, target) { Double($0) }
          note(Int64.self, raw, target, &found)
        default: load(UInt64.self, raw, target) { Double(bitPattern: $0) }
        }
      }
    }
  }

  @inline(__always)
  private func load<Stored: FixedWidthInteger & BitwiseCopyable, Result>(
    _: Stored.Type, _ raw: UnsafeRawBufferPointer, _ target: UnsafeMutableBufferPointer<Result>,
    _ convert: (Stored) -> Result
  ) {
    let isBigEndian = format.isBigEndian
    for index in 0..<target.count {
      let stored = raw.loadUnaligned(
        fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
      target[index] = convert(
        isBigEndian ? Stored(bigEndian: stored) : Stored(littleEndian: stored))
    }
  }

  /// Looks for numbers that became others.
  private func note<Stored: FixedWidthInteger & BitwiseCopyable>(
    _: Stored.Type, _ raw: UnsafeRawBufferPointer, _ values: UnsafeMutableBufferPointer<Double>,
    _ rounded: inout RoundedIntegers
  ) {
    guard values.contains(where: { $0.magnitude >= 0x1p53 }) else { return }
    for (index, value) in values.enumerated() where value.magnitude >= 0x1p53 {
      let bytes = raw.loadUnaligned(
        fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
      let stored = format.isBigEndian ? Stored(bigEndian: bytes) : Stored(littleEndian: bytes)
      if Stored(exactly: value) != stored { rounded.note(value) }
    }
  }

  /// Calls `body` with the bytes of the next elements and the place of their values.
  private func forEachChunk<Result>(
    of output: UnsafeMutableBufferPointer<Result>,
    _ body: (UnsafeRawBufferPointer, UnsafeMutableBufferPointer<Result>) -> Void
  ) throws(DataError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(output.count, Self.chunk) * format.size, alignment: 16)
    defer { buffer.deallocate() }
    var start = 0
    while start < output.count {
      try throwIfInterrupted(stream.place)
      let size = min(Self.chunk, output.count - start)
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<size * format.size])
      try stream.fill(part, part: "data")
      body(
        UnsafeRawBufferPointer(part),
        UnsafeMutableBufferPointer(rebasing: output[start..<start + size]))
      start += size
    }
  }
}
