using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Pagoda.Cli.Commands.Generate;
using Pagoda.Formats;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Prompts;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Provenance;
using Pagoda.Generation.Scoring;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Compare;

/// <summary>One picture of the comparison, and what the judge says of it.</summary>
/// <param name="Brush">The brush, as <c>--method</c> names it.</param>
/// <param name="Critic">Who guided it.</param>
/// <param name="Prompt">What it was to show.</param>
/// <param name="File">The picture, beside the page.</param>
/// <param name="Cosine">The judge's cosine of picture and prompt.</param>
/// <param name="Found">Whether the judge finds the prompt among 99 others.</param>
/// <param name="Energy">What the critic itself says: minus its cosine.</param>
/// <param name="Seconds">Time it took.</param>
/// <param name="Settings">What the brush was set to, the seed, and the critic's hash.</param>
internal sealed record BrushCell(string Brush, string Critic, string Prompt, string File, double Cosine, bool Found, double Energy, double Seconds, string Settings);

/// <summary>Every brush guided by every critic, over the same prompts, scored by a CLIP that guided none: pictures, <c>guidance.json</c> and a page.</summary>
/// <param name="painter">The model whose networks and recipes the brushes use.</param>
/// <param name="judge">Who judges.</param>
/// <param name="others">99 captions or more, among which the judge looks for a prompt.</param>
/// <param name="folder">Where to.</param>
/// <param name="seed">Of every picture, so that cells differ by brush and critic alone.</param>
internal sealed class BrushComparison(Painter painter, LoadedClip judge, IReadOnlyList<string> others, string folder, ulong seed)
{
    private const int Captions = 99;
    private const string Facts = "guidance.json";

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>Paints what is missing, and writes the page; an interrupted comparison goes on.</summary>
    /// <param name="brushes">Methods' names.</param>
    /// <param name="critics">Models by name.</param>
    /// <param name="prompts">What to paint.</param>
    /// <param name="options">Options for each brush's paintings.</param>
    /// <param name="output">Where progress goes.</param>
    /// <param name="cancel">Ends it after the picture under way, which is dropped.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<BrushCell> Run(
        IReadOnlyList<string> brushes, IReadOnlyList<ComparedModel> critics, IReadOnlyList<string> prompts, Func<string, PaintOptions> options, TextWriter output, CancellationToken cancel)
    {
        var cells = Read();
        var wanted = prompts.Count * brushes.Count * critics.Count;
        var progress = new ProgressLine(output, folder, wanted);
        var (there, made) = (0, 0);
        foreach (var critic in critics)
        {
            using var clip = ClipLoader.Load(critic.Folder, painter.Clip.Model.Device);
            foreach (var brush in brushes)
            {
                var asked = options(brush) with { Seed = seed, FrameEvery = int.MaxValue, Critics = [Critic.Of(clip)] };
                foreach (var prompt in prompts)
                {
                    cancel.ThrowIfCancellationRequested();
                    var file = $"{brush}-{critic.Name}-{FileStem.Of(prompt)}.png";
                    var request = painter.Complete(new GenerationRequest(prompt, asked));
                    var settings = SettingsOf(request, clip);
                    if (!cells.Any(cell => (cell.File, cell.Settings) == (file, settings)) || !File.Exists(Path.Combine(folder, file)))
                    {
                        cells.RemoveAll(cell => cell.File == file);
                        cells.Add(Paint(brush, critic.Name, request, file, settings, cancel));
                        made++;
                        Write(cells);
                    }

                    progress.Show(++there, made);
                }
            }
        }

        var kept = cells.Where(cell => brushes.Contains(cell.Brush) && critics.Any(critic => critic.Name == cell.Critic) && prompts.Contains(cell.Prompt)).ToList();
        AtomicFile.Write(Path.Combine(folder, "index.html"), overwrite: true, stream => stream.Write(Encoding.UTF8.GetBytes(BrushPage.Write(kept, brushes, [.. critics.Select(critic => critic.Name)], prompts, judge.Name))));
        return kept;
    }

    private BrushCell Paint(string brush, string critic, GenerationRequest request, string file, string settings, CancellationToken cancel)
    {
        var (clock, prompt) = (Stopwatch.StartNew(), request.Prompt);
        var frame = painter.GeneratorFor(request).GenerateAsync(request, cancel).ToBlockingEnumerable(CancellationToken.None).Last();
        cancel.ThrowIfCancellationRequested();
        var seconds = clock.Elapsed.TotalSeconds;
        PictureFile.Save(Path.Combine(folder, file), PictureFile.EncodePng(frame.Picture, painter.Record(request, frame, ProductVersion.Text).ToPngTexts()), force: true);
        if (frame.Svg is { } svg)
        {
            AtomicFile.Write(Path.Combine(folder, Path.ChangeExtension(file, ".svg")), overwrite: true, stream => stream.Write(Encoding.UTF8.GetBytes(svg)));
        }

        using var scope = new TensorScope();
        var seen = new PictureCritic(judge);
        string[] texts = [prompt, .. others.Where(other => other != prompt).Take(Captions)];
        var cosines = seen.Cosines([seen.Seen(frame.Picture)], judge.EncodeText(texts))[0];
        return new BrushCell(brush, critic, prompt, file, cosines[0], cosines.Skip(1).All(other => other < cosines[0]), frame.Energy, Math.Round(seconds, 1), settings);
    }

    private static string SettingsOf(GenerationRequest request, LoadedClip critic)
    {
        object?[] all = [request.Recipe, request.Strokes, request.Latents, request.Diffusion, request.ClipGen, $"seed {request.Seed}", $"critic {critic.Hash[..10]}"];
        return string.Join(", ", all.Where(one => one is not null));
    }

    private List<BrushCell> Read() => File.Exists(Path.Combine(folder, Facts)) ? JsonSerializer.Deserialize<List<BrushCell>>(File.ReadAllBytes(Path.Combine(folder, Facts)), s_json) ?? [] : [];

    private void Write(List<BrushCell> cells) =>
        AtomicFile.Write(Path.Combine(folder, Facts), overwrite: true, stream => JsonSerializer.Serialize(stream, cells, s_json));
}
