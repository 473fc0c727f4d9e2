import Tensors

extension Trainer {
  /// Throws where the first layer has no vector for a code of the data: told before the first step,
  /// no step need be taken back for it.
  func checkCodes() throws {
    guard let embedding = template.layers.first as? Embedding else { return }
    try embedding.check(data.inputs)
    if let validation = data.validation {
      try embedding.check(validation.inputs, of: "the validation part")
    }
  }

  /// What a step has thrown, its rows those of the data and not those of the batch.
  func ofTheData(_ error: any Error) -> any Error {
    guard case NetworkError.codeOutside(let layer, let code, let row, let count, nil) = error else {
      return error
    }
    return NetworkError.codeOutside(
      layer: layer, code: code, row: batches.row(at: state.step * batches.size + row), count: count)
  }
}
