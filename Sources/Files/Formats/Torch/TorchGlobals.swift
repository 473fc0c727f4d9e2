import Syntax

/// The few functions of Python that a file of tensors calls, each done here. Whatever else a pickle
/// names is refused: nothing of it is ever run.
enum TorchGlobals {
  /// What a call of a known function gives; nil where its arguments are not what PyTorch writes.
  typealias Function =
    @Sendable (_ arguments: [PickleValue], _ heap: inout PickleHeap) throws(DataError)
    -> PickleValue?

  static let functions: [String: Function] = [
    "collections.OrderedDict": dictionary,
    "torch._utils._rebuild_tensor": tensor,
    "torch._utils._rebuild_tensor_v2": tensor,
    "torch._utils._rebuild_tensor_v3": typedTensor,
    "torch._utils._rebuild_parameter": { arguments, _ in arguments.first },
    "torch.Size": { arguments, _ in arguments.first },
    "torch.device": { arguments, _ in arguments.first },
  ]

  /// Whether a name stands for a type alone, which is an argument of others.
  static func isType(_ name: String) -> Bool {
    ElementFormat(torchType: name) != nil
      || name.hasPrefix("torch.") && name.hasSuffix("Storage")
  }

  private static let untyped: Set<String> = [
    "torch.UntypedStorage", "torch.storage.UntypedStorage",
  ]

  /// `OrderedDict()`, or of a list of pairs.
  private static let dictionary: Function = { arguments, heap in
    let made = heap.add(.dictionary([]))
    for pair in arguments.first.flatMap(heap.elements) ?? [] {
      guard let both = heap.elements(pair), both.count == 2, heap.insert(both[...], into: made)
      else { return nil }
    }
    return made
  }

  /// `(storage, offset, size, stride, …)`
  private static let tensor: Function = { arguments, heap in
    guard arguments.count >= 4, case .storage(let storage)? = heap.object(arguments[0]),
      let format = storage.format
    else { return nil }
    return made(storage, format, arguments, &heap)
  }

  /// `(storage, offset, size, stride, requires_grad, hooks, type, …)`
  private static let typedTensor: Function = { arguments, heap in
    guard arguments.count >= 7, case .storage(let storage)? = heap.object(arguments[0]),
      case .global(let type) = arguments[6], let format = ElementFormat(torchType: type)
    else { return nil }
    return made(storage, format, arguments, &heap)
  }

  private static func made(
    _ storage: TorchStorage, _ format: ElementFormat, _ arguments: [PickleValue],
    _ heap: inout PickleHeap
  ) -> PickleValue? {
    guard case .integer(let offset) = arguments[1], let dimensions = heap.integers(arguments[2]),
      let strides = heap.integers(arguments[3]),
      let tensor = TorchTensor(
        storage, format, offset: offset, dimensions: dimensions, strides: strides)
    else { return nil }
    return heap.add(.tensor(tensor))
  }

  /// The storage that a persistent id names: `("storage", class, key, device, count)`.
  static func storage(
    _ identity: PickleValue, _ heap: PickleHeap, place: String
  ) throws(DataError) -> TorchStorage? {
    guard let parts = heap.elements(identity), parts.count >= 5, case .text("storage") = parts[0],
      case .global(let type) = parts[1], case .text(let key) = parts[2],
      case .integer(let count) = parts[4], count >= 0
    else { return nil }
    if untyped.contains(type) { return TorchStorage(key: key, format: nil, count: count) }
    guard let format = ElementFormat(torchStorage: type) else {
      throw .unsupportedElements(place: place, type: "numbers of \(ShownName.cleaned(type))")
    }
    return TorchStorage(key: key, format: format, count: count)
  }
}
