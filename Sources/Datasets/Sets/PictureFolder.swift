import Files
import Tensors

/// A folder that holds a folder of PNG or JPEG pictures for each class; or such folders for the
/// parts: `train`, `valid` and `test`, as Keras and torchvision read them.
enum PictureFolder {
  private static let validNames = ["valid", "val", "validation"]

  /// Reads the pictures. All are in train where the folder tells no parts.
  ///
  /// Errors: no pictures, pictures of different sizes, a picture that cannot be read.
  static func read(_ path: String, name: String) throws(DataError) -> DataSet {
    func classFolders(_ names: [String]) -> [ClassFolder]? {
      for name in names {
        let folders = ClassFolder.inside(path.appendingPath(name))
        if !folders.isEmpty { return folders }
      }
      return nil
    }
    let train = classFolders(["train"]) ?? ClassFolder.inside(path)
    guard !train.isEmpty else { throw .noPictures(path: path) }
    var parts: [[ClassFolder]] = [train]
    if classFolders(["train"]) != nil {
      parts += [classFolders(validNames) ?? [], classFolders(["test"]) ?? []]
    }
    let classes = Set(parts.joined().map(\.name)).sorted()
    let pictures = try parts.map { (folders) throws(DataError) in
      try Pictures(folders, classes)
    }
    let channels = pictures.map(\.channels).max() ?? 1
    guard let first = pictures.first?.first else { throw .noPictures(path: path) }
    let labelled = try pictures.map { (pictures) throws(DataError) -> LabelledPart? in
      try pictures.part(of: first, channels: channels)
    }
    guard let train = labelled[0] else { throw .noPictures(path: path) }
    return try DataSet.labelled(
      name: name, train: train, valid: labelled.count > 1 ? labelled[1] : nil,
      test: labelled.count > 2 ? labelled[2] : nil, names: classes, cutsValidation: false)
  }
}

/// The pictures of one class.
private struct ClassFolder {
  let name: String
  let files: [String]

  /// The folders inside one that hold pictures.
  static func inside(_ path: String) -> [ClassFolder] {
    directoryEntries(path).filter { !$0.hasPrefix(".") }.compactMap { name in
      let folder = path.appendingPath(name)
      guard FileKind(path: folder) == .directory else { return nil }
      let files = directoryEntries(folder).filter { file in
        guard !file.hasPrefix("."), let format = FileFormat.announced(by: file) else {
          return false
        }
        return format == .png || format == .jpeg
      }
      return files.isEmpty
        ? nil : ClassFolder(name: name, files: files.map { folder.appendingPath($0) })
    }
  }
}

/// The pictures of one part, as they are read.
private struct Pictures {
  private var files: [String] = []
  private var tensors: [Tensor] = []
  private var labels: [Float] = []

  init(_ folders: [ClassFolder], _ classes: [String]) throws(DataError) {
    for folder in folders {
      let label = Float(classes.firstIndex(of: folder.name) ?? 0)
      for file in folder.files {
        try throwIfInterrupted(file)
        guard case .tensor(let tensor, _) = try FileReader.read(file) else { continue }
        if tensors.isEmpty {
          let count = folders.reduce(0) { $0 + $1.files.count }
          try MemoryLimit.require(
            tensor.count.multipliedSaturating(count).multipliedSaturating(8), for: file)
        }
        files.append(file)
        tensors.append(tensor)
        labels.append(label)
      }
    }
  }

  /// Samples a pixel: the most of any picture.
  var channels: Int { tensors.map(Self.channels).max() ?? 1 }

  var first: (file: String, tensor: Tensor)? {
    tensors.first.map { (files[0], $0) }
  }

  private static func channels(_ tensor: Tensor) -> Int {
    tensor.rank == 3 ? tensor.shape[2] : 1
  }

  /// All as one tensor, grey ones among coloured ones as colours; nil where there are none.
  ///
  /// - Parameter first: the picture that tells the size.
  func part(
    of first: (file: String, tensor: Tensor), channels: Int
  ) throws(DataError) -> LabelledPart? {
    guard !tensors.isEmpty else { return nil }
    let (height, width) = (first.tensor.shape[0], first.tensor.shape[1])
    let size = height * width * channels
    for (file, tensor) in zip(files, tensors) {
      let own = Self.channels(tensor)
      guard tensor.shape[0] == height, tensor.shape[1] == width,
        own == channels || (own == 1 && channels == 3)
      else {
        throw .pictureShape(
          path: file, found: tensor.shape.dimensions, expected: first.tensor.shape.dimensions,
          first: first.file)
      }
    }
    let dimensions = [tensors.count, height, width] + (channels == 1 ? [] : [channels])
    let images = try filledFloats(dimensions) { (output) throws(DataError) in
      for (place, tensor) in tensors.enumerated() {
        let repeats = channels / Self.channels(tensor)
        try tensor.readFloats { (samples) throws(DataError) in
          for index in samples.indices {
            for channel in 0..<repeats {
              output[place * size + index * repeats + channel] = samples[index]
            }
          }
        }
      }
    }
    return LabelledPart(
      place: "the pictures", images: images, labels: try makeTensor(labels, [labels.count]))
  }
}
