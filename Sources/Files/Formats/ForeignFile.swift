/// Files of other programs that people try to load, with what to do about each.
package struct ForeignFile: Sendable {
  /// The form's name inside a sentence, with its article.
  package let name: String
  /// Endings that announce it.
  var endings: [String] = []
  /// Bytes that show it, and where they stand.
  var magic: [Magic] = []
  /// What to do about it, in one line or several; PATH and STEM stand for the file's name, with and without its ending.
  package let advice: String

  struct Magic: Sendable {
    let offset: Int
    let bytes: [UInt8]

    init(_ text: String, at offset: Int = 0) { (bytes, self.offset) = (Array(text.utf8), offset) }
    init(_ bytes: [UInt8]) { (self.bytes, offset) = (bytes, 0) }

    func stands(in beginning: [UInt8]) -> Bool { beginning.dropFirst(offset).starts(with: bytes) }
  }

  /// As many of a file's first bytes as the magics reach.
  package static let beginningSize = 512

  // MARK: Telling which

  /// The file that these first bytes show; for a zip archive, the names inside tell.
  package static func shown(by beginning: [UInt8]) -> ForeignFile? {
    if ForeignFile.isPickle(beginning) { return pickle }
    return all.first { file in file.magic.contains { $0.stands(in: beginning) } }
  }

  /// The file that an archive with such names is; `nil` where it may be NumPy's.
  package static func shown(byNamesInZip names: [String]) -> ForeignFile? {
    func has(_ ending: String) -> Bool {
      names.contains { $0 == ending || $0.hasSuffix("/" + ending) }
    }
    if names.contains(where: { $0.hasSuffix(".npy") }) { return nil }
    if has("model.weights.h5") || has("config.json") && has("metadata.json") { return keras }
    if has("[Content_Types].xml") || has("content.xml") { return spreadsheet }
    return names.isEmpty ? nil : zip
  }

  /// The file that a path's ending announces.
  package static func announced(by path: String) -> ForeignFile? {
    let ending = path.pathExtension
    return ending.isEmpty ? nil : all.first { $0.endings.contains(ending) }
  }

  /// Whether these bytes begin a pickle of protocol 2 to 5.
  static func isPickle(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x80 && (2...5).contains(bytes[1])
  }

  /// The advice for one file.
  package func advice(for path: String) -> String {
    let stem = path.withoutPathExtension
    var result = ""
    var rest = advice[...]
    while let letter = rest.first {
      if rest.hasPrefix("PATH") || rest.hasPrefix("STEM") {
        result += letter == "P" ? path : stem
        rest = rest.dropFirst(4)
      } else {
        result.append(letter)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  // MARK: The files

  static let oldPyTorch = ForeignFile(
    name: "a PyTorch file of the form before version 1.6",
    advice: "in Python: torch.save(torch.load(\"PATH\", weights_only=True), \"STEM-new.pt\")")
  static let torchScript = ForeignFile(
    name: "a TorchScript program",
    advice: "in Python: torch.save(torch.jit.load(\"PATH\").state_dict(), \"STEM-weights.pt\")")
  static let keras = ForeignFile(
    name: "a Keras model", endings: ["keras"],
    advice: """
      in Python: model = keras.models.load_model("PATH")
      numpy.savez("STEM.npz", **{w.path.replace("/", "."): w.numpy() for w in model.weights})
      """)
  package static let pickle = ForeignFile(
    name: "a Python pickle", endings: ["pkl", "pickle", "joblib"],
    advice: "nnsh runs no pickles; in Python, save plain numbers: "
      + "numpy.save(\"STEM.npy\", array.astype(\"float32\"))")
  static let spreadsheet = ForeignFile(
    name: "a spreadsheet", endings: ["xlsx", "xls", "ods", "numbers"],
    magic: [Magic([0xD0, 0xCF, 0x11, 0xE0])],
    advice: "save the sheet as CSV from the program that made it")
  package static let zip = ForeignFile(
    name: "a zip archive without arrays", endings: ["zip"],
    advice: "unpack it, and load a file from it: unzip PATH")

  private static let numPyAdvice = "numpy.savez(\"STEM.npz\", name=array)"

  static let all: [ForeignFile] = [
    keras, pickle, spreadsheet, zip,
    ForeignFile(
      name: "a MATLAB file", endings: ["mat"], magic: [Magic("MATLAB ")],
      advice: "in Python: m = scipy.io.loadmat(\"PATH\"); numpy.savez(\"STEM.npz\", "
        + "**{k: v for k, v in m.items() if k[0] != \"_\"})"),
    ForeignFile(
      name: "an HDF5 file", endings: ["h5", "hdf5", "he5"],
      magic: [Magic([0x89, 0x48, 0x44, 0x46])],
      advice: """
        in Python: w = {}; h5py.File("PATH").visititems(lambda name, part: \
        w.update({name.replace("/", "."): part[()]}) if hasattr(part, "shape") else None)
        numpy.savez("STEM.npz", **w)
        """),
    ForeignFile(
      name: "a Parquet file", endings: ["parquet"], magic: [Magic("PAR1")],
      advice: "in Python: pandas.read_parquet(\"PATH\").to_csv(\"STEM.csv\", index=False)"),
    ForeignFile(
      name: "an Arrow file", endings: ["feather", "arrow"],
      magic: [Magic("ARROW1"), Magic("FEA1")],
      advice: "in Python: pandas.read_feather(\"PATH\").to_csv(\"STEM.csv\", index=False)"),
    ForeignFile(
      name: "a GIF image", endings: ["gif"], magic: [Magic("GIF8")], advice: imageAdvice),
    ForeignFile(
      name: "a WebP image", endings: ["webp"], magic: [Magic("WEBP", at: 8)], advice: imageAdvice),
    ForeignFile(
      name: "a TIFF image", endings: ["tif", "tiff"], magic: [Magic("II*\0"), Magic("MM\0*")],
      advice: imageAdvice),
    ForeignFile(name: "a BMP image", endings: ["bmp"], advice: imageAdvice),
    ForeignFile(
      name: "an image of another form", endings: ["pgm", "ppm", "pnm", "svg", "heic", "avif"],
      advice: imageAdvice),
    ForeignFile(
      name: "a TensorFlow model", endings: ["pb", "tflite"], magic: [Magic("TFL3", at: 4)],
      advice: "in Python, save its weights: numpy.savez(\"STEM.npz\", *model.get_weights())"),
    ForeignFile(
      name: "a GGUF model", endings: ["gguf", "ggml"], magic: [Magic("GGUF")],
      advice: "load the .safetensors file that it was made from"),
    ForeignFile(
      name: "a tar archive", endings: ["tar", "tgz"], magic: [Magic("ustar", at: 257)],
      advice: "unpack it, and load a file from it: tar xf PATH"),
    ForeignFile(
      name: "an xz file", endings: ["xz"], magic: [Magic([0xFD, 0x37, 0x7A, 0x58, 0x5A])],
      advice: "unpack it first: unxz PATH"),
    ForeignFile(
      name: "a bzip2 file", endings: ["bz2"], magic: [Magic("BZh")],
      advice: "unpack it first: bunzip2 PATH"),
    ForeignFile(
      name: "a Zstandard file", endings: ["zst"], magic: [Magic([0x28, 0xB5, 0x2F, 0xFD])],
      advice: "unpack it first: unzstd PATH"),
    ForeignFile(
      name: "a 7z archive", endings: ["7z"], magic: [Magic([0x37, 0x7A, 0xBC, 0xAF])],
      advice: "unpack it first: 7z x PATH"),
    ForeignFile(
      name: "a RAR archive", endings: ["rar"], magic: [Magic("Rar!")],
      advice: "unpack it first: unrar x PATH"),
    ForeignFile(
      name: "an R data file", endings: ["rds", "rda", "rdata"],
      magic: [Magic("RDX2"), Magic("RDX3")],
      advice: "in R: write.csv(x, \"STEM.csv\", row.names=FALSE)"),
    ForeignFile(
      name: "an SQLite database", endings: ["sqlite", "db", "sqlite3"],
      magic: [Magic("SQLite format 3")],
      advice: "write a table out: sqlite3 -header -csv PATH \"select * from NAME\" > STEM.csv"),
    ForeignFile(
      name: "a Jupyter notebook", endings: ["ipynb"], advice: "load the data that it loads"),
    ForeignFile(
      name: "a Python script", endings: ["py"], advice: "save its arrays there: \(numPyAdvice)"),
    ForeignFile(
      name: "an nnsh script", endings: ["nns"], advice: "run it: run PATH"),
    ForeignFile(
      name: "a PDF document", endings: ["pdf"], magic: [Magic("%PDF")],
      advice: "load the data that it shows"),
    ForeignFile(
      name: "a sound file", endings: ["wav", "mp3", "flac", "ogg"],
      magic: [Magic("WAVE", at: 8), Magic("ID3"), Magic("fLaC"), Magic("OggS")],
      advice: "in Python: numpy.save(\"STEM.npy\", scipy.io.wavfile.read(\"PATH\")[1])"),
    ForeignFile(
      name: "a program", endings: ["so", "exe", "o"], magic: [Magic([0x7F, 0x45, 0x4C, 0x46])],
      advice: "name a file of data"),
    ForeignFile(
      name: "a web page", endings: ["html", "htm"],
      magic: [Magic("<!DOCTYPE"), Magic("<!doctype"), Magic("<html"), Magic("<HTML")],
      advice: "the address gives a page, not the file: fetch it from its download link"),
    ForeignFile(
      name: "an XML file", endings: ["xml"], magic: [Magic("<?xml")],
      advice: "write its numbers as CSV"),
    ForeignFile(
      name: "a Git LFS pointer", magic: [Magic("version https://git-lfs")],
      advice: "fetch the file that it stands for: git lfs pull"),
  ]

  private static let imageAdvice = "convert it: convert PATH STEM.png (of ImageMagick)"
}
