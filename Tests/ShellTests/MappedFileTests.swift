import BinaryUnderTest
import Foundation
import Testing

/// `load … shard=true` leaves numbers in their file.
@Suite struct MappedFileTests {
  private static let training = """
    net = dense(8, 6) |> relu |> dense(3) |> softmax
    train net on dataset({train: {x: x, y: y}, valid: {x: x[0:20], y: y[0:20]}}) \
    epochs=3 batch=16 shuffle=false
    print("{net.W1[0, 0]:.9f} {net.history.val_loss[-1]:.9f}")
    """
  private static let making = """
    x = randn(100, 8); y = floor(3 * rand(100))
    save x to x.npy
    save {x: x, y: y} to both.safetensors
    save f64(x) to x64.npy

    """

  @Test(arguments: ["x.npy", "both.safetensors"]) func trainingIsTheSame(_ file: String) throws {
    let folder = try NNSH.temporaryFolder()
    func run(_ loading: String) throws -> NNSH.Outcome {
      try NNSH.run(
        ["-q", "-X", "-c", Self.making + loading + "\n" + Self.training], in: folder)
    }
    let plain = try run("")
    let taking = file == "x.npy" ? "as x" : "as all\nx = all.x"
    let mapped = try run("load \(file) shard=true \(taking)")
    #expect(mapped.code == 0, "\(mapped.errors)")
    #expect(mapped.output == plain.output)
  }

  /// The same rows in many files, however they are named.
  @Test(arguments: [
    "load \"x-*.npy\" shard=true", "load x-?.npy shard=true as x",
    "load [\"x-0.npy\", \"x-1.npy\", \"x-2.npy\"] shard=true",
    "names = [\"x-0.npy\", \"x-1.npy\", \"x-2.npy\"]; load names shard=true as x",
    "load x-*.npy", "load \"b-*.safetensors\" shard=true\nx = b.x",
  ])
  func partsTrainTheSame(_ loading: String) throws {
    let folder = try NNSH.temporaryFolder()
    let making =
      Self.making + """
        for i in 0..<3 {
          rows = [0..<17, 17..<60, 60..<100][i]
          save x[rows] to "x-{i}.npy"
          save {x: x[rows], y: y[rows]} to "b-{i}.safetensors"
        }

        """
    let plain = try NNSH.run(["-q", "-X", "-c", making + Self.training], in: folder)
    let parts = try NNSH.run(
      ["-q", "-X", "-c", making + "x = 0\n" + loading + "\n" + Self.training], in: folder)
    #expect(parts.code == 0, "\(parts.errors)")
    #expect(parts.output == plain.output)
    #expect(plain.code == 0, "\(plain.errors)")
  }

  /// A write of the system cannot read what is not there; all that goes to a file is copied before.
  @Test(arguments: ["npy", "npz", "safetensors", "nnsh"])
  func partsCanBeSaved(_ ending: String) throws {
    let folder = try NNSH.temporaryFolder()
    let outcome = try NNSH.run(
      [
        "-q", "-X", "-c",
        """
        x = randn(300000, 2)
        save x[0..<100000] to x-0.npy
        save x[100000..<300000] to x-1.npy
        load x-*.npy shard=true as parts
        save parts to all.\(ending)
        load all.\(ending) as all
        print(sum(abs(\(["npz", "safetensors"].contains(ending) ? "all.arr_0" : "all") - x)) == 0)
        """,
      ], in: folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output == "true\n")
  }

  /// What is written to the tensor stays in the process.
  @Test func theFileStaysAsItIs() throws {
    let folder = try NNSH.temporaryFolder()
    let outcome = try NNSH.run(
      [
        "-q", "-X", "-c",
        Self.making + "load x.npy shard=true as a\nb = a\na[0, 0] = 7\nload x.npy as c\n"
          + "print(\"{a[0, 0]} {b[0, 0] == x[0, 0]} {c[0, 0] == x[0, 0]}\")",
      ], in: folder)
    #expect(outcome.output == "7 true true\n", "\(outcome.errors)")
  }

  @Test func whatCannotBeMappedSaysSo() throws {
    let folder = try NNSH.temporaryFolder()
    let outcome = try NNSH.run(
      ["-q", "-X", "-c", "save [1, 2] to a.csv\nload a.csv shard=true"], in: folder)
    #expect(outcome.code == 1)
    #expect(outcome.errors.contains("shard=true leaves"), "\(outcome.errors)")
  }

  /// A file that becomes shorter under a training ends it with an error, and the process does not
  /// die of it.
  @Test func aFileThatIsCutShortIsAnError() throws {
    let folder = try NNSH.temporaryFolder()
    let script = """
      load x.npy shard=true as x
      net = dense(64, 1)
      train net on dataset(x, zeros(4000)) loss=mse epochs=100000
      """
    _ = try NNSH.run(["-q", "-X", "-c", "save randn(4000, 64) to x.npy"], in: folder)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: NNSH.path)
    process.arguments = ["-X", "-c", script]
    process.environment = NNSH.environment(home: folder)
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    var text = ""
    while !text.contains("epoch 1/") {
      let data = errors.fileHandleForReading.availableData
      if data.isEmpty { break }
      text += String(decoding: data, as: UTF8.self)
    }
    truncate(folder + "/x.npy", 4096)
    text += String(
      decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 1)
    #expect(text.contains("was cut short"), "\(text.suffix(400))")
  }
}
