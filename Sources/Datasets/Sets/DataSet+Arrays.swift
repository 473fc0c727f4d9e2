import Files

extension DataSet {
  /// The arrays under which a data set is found again by its name: `train_images`,
  /// `train_labels`, and the same for parts that are not empty.
  private var arrays: [NamedTensor] {
    var arrays: [NamedTensor] = []
    for (name, part) in [("train", train), ("valid", valid), ("test", test)] where !part.isEmpty {
      arrays.append(NamedTensor(name: "\(name)_images", tensor: part.images ?? part.x))
      arrays.append(NamedTensor(name: "\(name)_labels", tensor: part.labels ?? part.y))
    }
    return arrays
  }

  /// What is written to a file.
  package var fileContents: FileContents { .record(arrays) }
}
