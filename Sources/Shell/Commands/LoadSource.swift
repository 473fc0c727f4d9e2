import Datasets
import Files
import Language
import Platform
import Tensors

/// What `load` is to read.
enum LoadSource {
  /// A data set's name, or a file's path.
  case one(String)
  /// Files that fit a pattern.
  case fitting(PathPattern)
  /// Files by their paths.
  case several([String])

  init(path: String) {
    self = PathPattern(path).map(LoadSource.fitting) ?? .one(path)
  }

  /// What messages call it.
  var name: String {
    switch self {
    case .one(let source): source
    case .fitting(let pattern): pattern.text
    case .several(let paths): paths.first ?? ""
    }
  }

  /// The variable's name, where that does not follow from what is in a file.
  var bindingName: String? {
    switch self {
    case .one: nil
    case .fitting(let pattern): Loader.bindingName(forParts: pattern.stem)
    case .several(let paths): Loader.bindingName(forParts: paths.first ?? "")
    }
  }
}

extension CommandContext {
  func loadSource(_ slot: String) throws -> LoadSource {
    let (paths, isList) = try pathList(slot)
    if isList { return .several(paths) }
    guard let path = paths.first else { throw missing(slot) }
    return LoadSource(path: path)
  }

  func load(_ source: LoadSource, isMapped: Bool) throws -> Loaded {
    switch source {
    case .one(let source):
      try made(source).map(Loaded.dataSet) ?? Loader.load(source, isMapped: isMapped)
    case .fitting(let pattern): try Loader.load(joining: pattern.files(), isMapped: isMapped)
    case .several(let paths): try Loader.load(joining: paths, isMapped: isMapped)
    }
  }

  /// Says where `shard=true` cannot leave the numbers in their file.
  func requireMapped(_ loaded: Loaded, _ source: String) throws {
    let tensors: [Tensor] =
      switch loaded {
      case .file(.tensor(let tensor, _)): [tensor]
      case .file(.parameters(let tensors, _, _)), .file(.record(let tensors, _)):
        tensors.map(\.tensor)
      default: []
      }
    guard tensors.contains(where: { $0.isMapped }) else {
      throw RuntimeError.other(
        "shard=true leaves Float32 and Float64 numbers of .npy and .safetensors in their file, and "
          + "\(source) has none that lie there as they do in memory",
        hint: "load it without, or save its numbers as f32 to an .npy file first")
    }
  }

  /// The data set that a formula of this name makes; nil where there is none, or a file bears it.
  private func made(_ source: String) throws -> DataSet? {
    guard let set = FormulaSet.named(source), access(source, F_OK) != 0 else {
      guard has("n") || has("noise") else { return nil }
      throw RuntimeError.other(
        "n= and noise= belong to sets that a formula makes, and \(source) is none",
        hint: "these are " + FormulaSet.names.joined(separator: ", "))
    }
    let count = try count("n") ?? FormulaSet.usualCount
    guard (6...10_000_000).contains(count) else {
      throw RuntimeError.other("load: n must be from 6 to 10000000, not \(count)", hint: nil)
    }
    let noise = try number("noise")
    if let noise, !(noise >= 0 && noise.isFinite) {
      throw RuntimeError.other(
        "load: noise must be 0 or more, not \(noise.displayed)", hint: nil)
    }
    return try machine.random.drawing { generator in
      try set.made(count: count, noise: noise, generator: &generator)
    }
  }
}
