/// The memory of tensors in a PyTorch file: an entry of the archive.
struct TorchStorage {
  /// The entry's name below `data/`.
  let key: String
  /// Bytes that are not typed where the tensors in it say their type.
  let format: ElementFormat?
  /// How many elements it has; bytes where it has no type.
  let count: Int
}

/// How a tensor lies in its storage.
struct TorchTensor {
  let storage: TorchStorage
  let format: ElementFormat
  let offset: Int
  let dimensions: [Int]
  /// In elements, an axis each.
  let strides: [Int]

  /// The most axes that PyTorch allows.
  private static let mostAxes = 64

  /// Nil where an element would lie outside what the storage says it has.
  init?(
    _ storage: TorchStorage, _ format: ElementFormat, offset: Int, dimensions: [Int],
    strides: [Int]
  ) {
    guard dimensions.count == strides.count, dimensions.count <= Self.mostAxes, offset >= 0,
      strides.allSatisfy({ $0 >= 0 }), let count = dimensions.checkedProduct
    else { return nil }
    var last = offset
    for (size, stride) in zip(dimensions, strides) where count > 0 {
      last = last.addingSaturating((size - 1).multipliedSaturating(stride))
    }
    let held = storage.format == nil ? storage.count / format.size : storage.count
    guard held >= 0, count == 0 || last < held else { return nil }
    self.storage = storage
    self.format = format
    self.offset = offset
    self.dimensions = dimensions
    self.strides = strides
  }
}

extension ElementFormat {
  /// From the class that PyTorch gives a typed storage: `torch.FloatStorage`.
  init?(torchStorage name: String) {
    let kinds: [String: Kind] = [
      "torch.FloatStorage": .float32, "torch.DoubleStorage": .float64,
      "torch.HalfStorage": .float16, "torch.BFloat16Storage": .bfloat16,
      "torch.LongStorage": .int64, "torch.IntStorage": .int32, "torch.ShortStorage": .int16,
      "torch.CharStorage": .int8, "torch.ByteStorage": .uint8, "torch.BoolStorage": .bool,
    ]
    guard let kind = kinds[name] else { return nil }
    self.init(kind: kind)
  }

  /// From the type of a tensor in a storage without one: `torch.uint16`.
  init?(torchType name: String) {
    let kinds: [String: Kind] = [
      "torch.float32": .float32, "torch.float64": .float64, "torch.float16": .float16,
      "torch.bfloat16": .bfloat16, "torch.int64": .int64, "torch.int32": .int32,
      "torch.int16": .int16, "torch.int8": .int8, "torch.uint8": .uint8, "torch.bool": .bool,
      "torch.uint16": .uint16, "torch.uint32": .uint32, "torch.uint64": .uint64,
    ]
    guard let kind = kinds[name] else { return nil }
    self.init(kind: kind)
  }
}
