using System.Globalization;
using Pagoda.Data;
using Pagoda.Formats.Images;

namespace Pagoda.Cli.Benchmarks;

/// <summary>
/// Training data from JPEG files: decoding, random crop, resizing, batches of numbers, as training takes them, on all cores. Its note
/// compares one core's rate with that of libjpeg-turbo alone, which only decodes. The pictures are drawn here: smooth and rough
/// places like a photograph's, 640 x 480 pixels as COCO's, quality 90, about 100 kB each.
/// </summary>
internal sealed class JpegPipelineBenchmark : IBenchmark
{
    private const int Pictures = 64;

    public string Name => "jpeg-pipeline";

    public string Description => $"{Pictures} JPEGs of 640 x 480 pixels decoded, cropped and resized for training, on all cores.";

    public bool HasTypes => false;

    public Workload Prepare(BenchmarkShape shape) => new Pipeline(shape.Size);

    private sealed class Pipeline : Workload
    {
        private readonly byte[][] _files = [.. Enumerable.Range(0, 8).Select(Photograph)];
        private readonly List<double> _whole = [];
        private readonly List<double> _half = [];
        private readonly List<double> _one = [];
        private readonly Crop _crop;
        private string? _folder;

        public Pipeline(int size) => _crop = new Crop { Size = size };

        public override Setting Setting => new("JPEG of 640 x 480 to", _crop.Size, 1);

        public override double? Bytes => _files.Average(file => file.Length) + (3.0 * sizeof(float) * _crop.Size * _crop.Size);

        // Processor time over processor time, as in the note.
        public override Ceiling Ceiling(Spread seconds) => new("libjpeg-turbo's decoding alone, at half size", Spread.Of(_half.Zip(_one, (half, one) => half / one)).Median);

        public override IReadOnlyList<string> PythonForms => ["plain"];

        public override IReadOnlyDictionary<string, object> PythonShape => new Dictionary<string, object>
        {
            ["folder"] = Folder(),
            ["pictures"] = Pictures,
            ["size"] = _crop.Size,
            ["workers"] = Environment.ProcessorCount,
        };

        public override int Calls => Pictures;

        public override string Note(Measurement measured)
        {
            static double Rate(List<double> seconds) => Pictures / Spread.Of(seconds).Median;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"on one core {Rate(_one):0} pictures/s; libjpeg-turbo alone {Rate(_whole):0} decoded whole, {Rate(_half):0} at half size; so {Rate(_one) / Rate(_whole):0.00} and {Rate(_one) / Rate(_half):0.00} of its rates ({_files.Average(file => file.Length) / 1e3:0} kB a file, {Environment.ProcessorCount} cores)");
        }

        public override void Step() => Batch(threads: 0);

        public override void Compare()
        {
            // Processor time, since other programs may have the cores for a while.
            _whole.Add(Time(() => Decode(0)));
            _half.Add(Time(() => Decode(240)));
            _one.Add(Time(() => Batch(threads: 1)));
        }

        public override void Dispose()
        {
            if (_folder is not null)
            {
                Directory.Delete(_folder, recursive: true);
            }
        }

        /// <summary>The files where the PyTorch program can read them.</summary>
        private string Folder()
        {
            if (_folder is null)
            {
                _folder = Directory.CreateTempSubdirectory("pagoda-bench-").FullName;
                for (var i = 0; i < _files.Length; i++)
                {
                    File.WriteAllBytes(Path.Combine(_folder, $"{i}.jpg"), _files[i]);
                }
            }

            return _folder;
        }

        private static double Time(Action action)
        {
            var before = Environment.CpuUsage.TotalTime;
            action();
            return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        }

        private void Batch(int threads)
        {
            using var source = new DecodedSource(new Repeated(_files), _crop, 1, threads);
            source.Next(Pictures);
        }

        private void Decode(int minimum)
        {
            var limits = DecodeLimits.Default with { MinimumSize = minimum };
            for (var i = 0; i < Pictures; i++)
            {
                PictureFile.Decode(_files[i % _files.Length], "the benchmark's picture", limits);
            }
        }
    }

    /// <summary>Octaves of smoothed noise with amplitudes that fall as a photograph's do, and a few hard edges.</summary>
    private static byte[] Photograph(int number)
    {
        const int Width = 640, Height = 480;
        var random = new Random(number);
        var pixels = new byte[Width * Height * 3];
        for (var c = 0; c < 3; c++)
        {
            var plane = new float[Width * Height];
            for (int cell = 128; cell >= 2; cell /= 2)
            {
                var (columns, rows) = ((Width / cell) + 2, (Height / cell) + 2);
                float[] grid = [.. Enumerable.Range(0, columns * rows).Select(_ => (random.NextSingle() - 0.5f) * cell * 0.9f)];
                for (var i = 0; i < plane.Length; i++)
                {
                    var (x, y) = ((float)(i % Width) / cell, (float)(i / Width) / cell);
                    var at = ((int)y * columns) + (int)x;
                    var (u, v) = (x % 1, y % 1);
                    plane[i] += ((grid[at] * (1 - u)) + (grid[at + 1] * u)) * (1 - v) + ((grid[at + columns] * (1 - u)) + (grid[at + columns + 1] * u)) * v;
                }
            }

            for (var box = 0; box < 12; box++)
            {
                var (left, top, side, light) = (random.Next(Width), random.Next(Height), random.Next(20, 200), random.Next(-60, 60));
                for (var y = top; y < Math.Min(top + side, Height); y++)
                {
                    for (var x = left; x < Math.Min(left + side, Width); x++)
                    {
                        plane[(y * Width) + x] += light;
                    }
                }
            }

            for (var i = 0; i < plane.Length; i++)
            {
                pixels[(i * 3) + c] = (byte)Math.Clamp(128 + plane[i], 0, 255);
            }
        }

        return PictureFile.EncodeJpeg(new Picture(Width, Height, 3, pixels), 90);
    }

    /// <summary>The same files again and again.</summary>
    private sealed class Repeated(byte[][] files) : ICaptionedSource
    {
        private int _next;

        public StoredSample Next() => new InMemory(files[_next++ % files.Length]);

        public Func<string> Mark()
        {
            var at = _next;
            return () => at.ToString(CultureInfo.InvariantCulture);
        }

        public void Restore(string position) => _next = int.Parse(position, CultureInfo.InvariantCulture);

        public void Restore(IReadOnlyList<string> positions) => Restore(positions[0]);

        public void Dispose()
        {
        }

        private sealed record InMemory(byte[] File) : StoredSample("the benchmark", "a picture", 0)
        {
            public override IReadOnlyList<string> Captions() => ["a picture"];

            public override byte[] Picture() => File;
        }
    }
}
