import Files
import Tensors

/// A directory that holds a data set as the four files of MNIST, each plain or gzipped:
/// `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, and the same with `t10k` or `test`.
enum IDXDirectory {
  private struct Files {
    var trainImages: String?
    var trainLabels: String?
    var testImages: String?
    var testLabels: String?

    init(_ path: String) {
      for name in directoryEntries(path) where IDXDirectory.isIDX(name) {
        let lower = name.lowercased()
        let file = path.appendingPath(name)
        let isTrain = lower.contains("train")
        let isTest = !isTrain && (lower.contains("t10k") || lower.contains("test"))
        // A plain file sorts before its gzipped twin, and is read faster: the first one counts.
        if lower.contains("image") {
          if isTrain { trainImages = trainImages ?? file }
          if isTest { testImages = testImages ?? file }
        } else if lower.contains("label") {
          if isTrain { trainLabels = trainLabels ?? file }
          if isTest { testLabels = testLabels ?? file }
        }
      }
    }

    var isEmpty: Bool {
      trainImages == nil && trainLabels == nil && testImages == nil && testLabels == nil
    }
  }

  private static func isIDX(_ name: String) -> Bool {
    let plain = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
    return FileFormat.announced(by: plain) == .idx
  }

  /// Whether any of the four files is there.
  static func looksLikeOne(_ path: String) -> Bool { !Files(path).isEmpty }

  /// Reads the set; the last sixth of train becomes valid.
  static func read(
    _ path: String, name: String, names: [String]
  ) throws(DataError) -> DataSet {
    let files = Files(path)
    guard let images = files.trainImages, let labels = files.trainLabels else {
      let missing = [
        ("train-images-idx3-ubyte.gz", files.trainImages),
        ("train-labels-idx1-ubyte.gz", files.trainLabels),
      ].filter { $0.1 == nil }.map(\.0)
      throw .incompleteSet(place: path, missing: missing)
    }
    let train = try part(images: images, labels: labels)
    var test: LabelledPart?
    switch (files.testImages, files.testLabels) {
    case (let images?, let labels?): test = try part(images: images, labels: labels)
    case (nil, nil): break
    case (nil, _): throw .incompleteSet(place: path, missing: ["t10k-images-idx3-ubyte.gz"])
    case (_, nil): throw .incompleteSet(place: path, missing: ["t10k-labels-idx1-ubyte.gz"])
    }
    return try DataSet.labelled(name: name, train: train, valid: nil, test: test, names: names)
  }

  private static func part(images: String, labels: String) throws(DataError) -> LabelledPart {
    LabelledPart(
      place: labels,
      images: try IDXFile.read(try ByteStreams.open(images), scaling: .unitInterval),
      labels: try IDXFile.read(try ByteStreams.open(labels)))
  }
}
