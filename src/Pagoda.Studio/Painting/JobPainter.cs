using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging;
using Pagoda.Formats.Images;
using Pagoda.Generation;
using Pagoda.Generation.Guidance;
using Pagoda.Generation.Provenance;
using Pagoda.Generation.Strokes;
using Pagoda.Studio.Jobs;
using Pagoda.Torch;

namespace Pagoda.Studio.Painting;

/// <summary>Paints jobs on one device, one after the other.</summary>
internal sealed class JobPainter(Jobs.Studio studio, Device device, ILogger log)
{
    // Frames are for eyes and for the animation. A browser on the same machine takes more time to show one than it takes here to make one.
    private static readonly TimeSpan s_frames = TimeSpan.FromMilliseconds(150);

    /// <summary>Paints until the server closes.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var job = await studio.TakeAsync();
                await PaintAsync(job);
            }
        }
        catch (OperationCanceledException) when (studio.Closing.IsCancellationRequested)
        {
            // What was running is begun again by the next server: its journal says that it has not ended.
        }
    }

    private async Task PaintAsync(Job job)
    {
        var stop = job.Stop!;
        try
        {
            log.LogInformation("job {Job} begins: {Prompt}", job.Id, job.Settings.Prompt);
            var clock = Stopwatch.StartNew();
            await PaintPicturesAsync(job, stop.Token);
            studio.Closing.ThrowIfCancellationRequested();
            studio.End(job, stop.IsCancellationRequested ? JobState.Cancelled : JobState.Done, null);
            log.LogInformation("job {Job} {State} after {Seconds:0.0} s, {Pictures} pictures", job.Id, job.State, clock.Elapsed.TotalSeconds, job.Pictures.Count);
        }
        catch (OperationCanceledException) when (!studio.Closing.IsCancellationRequested)
        {
            studio.End(job, JobState.Cancelled, null);
            log.LogInformation("job {Job} cancelled", job.Id);
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            // Whatever it was, the next job deserves its turn.
            var known = problem is GenerationException or PictureException or ApiException or TorchException or InvalidDataException or IOException;
            studio.End(job, JobState.Failed, known ? problem.Message : $"Something unexpected went wrong: {problem.Message}", refused: problem is GenerationException or PictureException or ApiException);
            log.Log(known ? LogLevel.Warning : LogLevel.Error, known ? null : problem, "job {Job} failed: {Why}", job.Id, problem.Message);
        }
        finally
        {
            stop.Dispose();
        }
    }

    private async Task PaintPicturesAsync(Job job, CancellationToken stop)
    {
        using var lease = studio.Models.Take(job.Settings.Model, device);
        var named = job.Settings.Critics;
        List<ModelShelf.Lease> critics = [];
        try
        {
            critics.AddRange((named ?? []).Select(critic => studio.Models.Take(critic.Name, device)));
            var guides = named?.Select((critic, at) => Critic.Of(critics[at].Painter.Clip, critic.Weight) with { File = new NetworkRecord(critic.Name, critics[at].Painter.Clip.Hash) }).ToList();
            var request = job.Settings.ToRequest(lease.Painter, guides, FileOf, file => PictureFile.Load(file)) with { FramePace = new FramePace(s_frames), StepProgress = new EnergyCurves() };

            // A job that has to begin again keeps the pictures that it had finished.
            var begun = job.Pictures.Count == 0 ? 0 : job.Pictures.Max(picture => picture.Index) + 1;
            request = request with { Seed = unchecked(request.Seed!.Value + (ulong)begun), Count = request.Count - begun };
            if (request.Count > 0)
            {
                await PaintAsync(job, lease.Painter, request, begun, stop);
            }
        }
        finally
        {
            critics.ForEach(critic => critic.Dispose());
        }

        string FileOf(string id) => studio.Files.Find(id) ?? throw new GenerationException("A picture that this is to be painted from has been deleted.");
    }

    private async Task PaintAsync(Job job, Painter painter, GenerationRequest request, int begun, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var (pace, curves) = (request.FramePace!, (EnergyCurves)request.StepProgress!);
        var (frames, shown, told) = (new FrameCollector(), 0, TimeSpan.Zero);
        await foreach (var frame in painter.GeneratorFor(request).GenerateAsync(request, stop))
        {
            if (studio.Closing.IsCancellationRequested)
            {
                return;
            }

            var started = Stopwatch.GetTimestamp();
            var number = begun + frame.Index;
            if (frame.IsLast)
            {
                studio.Metrics.Painted(frame.Step, frame.Elapsed, pace.Total - told);
                told = pace.Total;
                await FinishAsync(job, painter, request, frame, number, shown > 1 ? frames : null, curves.End(frame));
                (frames, shown) = (new FrameCollector(), 0);
                continue;
            }

            frames.Add(shown++, frame.Picture);
            var left = frame.Step > 0 ? frame.Elapsed / frame.Step * (frame.Steps - frame.Step) : (TimeSpan?)null;
            studio.Report(job, new Progress(number, begun + request.Count, frame.Step, frame.Steps, frame.Energy, Math.Round(clock.Elapsed.TotalSeconds, 2), left is { } time ? Math.Round(time.TotalSeconds, 1) : null));
            if (studio.Events.IsWatched(job.Id))
            {
                studio.Metrics.Preview();
                studio.Events.Publish("preview", new { job = job.Id, index = number, step = frame.Step, steps = frame.Steps, energy = frame.Energy, isBest = frame.IsBest, curve = curves.Add(frame), picture = Preview(frame.Picture) }, job.Id, $"preview {job.Id}");
            }

            pace.Spent(Stopwatch.GetElapsedTime(started));
        }
    }

    private async Task FinishAsync(Job job, Painter painter, GenerationRequest request, Frame frame, int number, FrameCollector? frames, IReadOnlyList<double[]> curve)
    {
        var id = PictureStore.NewId();
        var record = Anonymous(painter.Record(request, frame, ProductVersion.Text) with { Init = FileOf("init"), Mask = FileOf("mask") }, job);
        studio.Files.Save(id, ".png", PictureFile.EncodePng(frame.Picture, PictureStore.Texts(record, job.Settings.Alone(frame.Seed).ToJson())));
        studio.Files.SaveCurve(id, curve);
        if (frames is not null)
        {
            studio.Files.Save(id, ".webp", frames.Encode(frame.Picture));
        }

        if (frame.Svg is { } svg)
        {
            studio.Files.Save(id, ".svg", Encoding.UTF8.GetBytes(svg));
            studio.Files.Save(id, ".animated.svg", Encoding.UTF8.GetBytes(StrokeSvg.Animate(svg)));
        }

        await studio.AddPictureAsync(job, new PaintedPicture
        {
            Id = id,
            Job = job.Id,
            Index = number,
            Seed = frame.Seed,
            Method = request is { Method: PaintMethod.Pixels, Draft: false } ? $"{NamedMethod.NameOf(PaintMethod.Pixels)} ({request.Recipe!.Name})" : NamedMethod.NameOf(request),
            Model = painter.Clip.Name,
            Width = frame.Picture.Width,
            Height = frame.Picture.Height,
            Energy = frame.Energy,
            Steps = frame.Step,
            Seconds = Math.Round(frame.Elapsed.TotalSeconds, 3),
            Interrupted = frame.IsInterrupted,
            Created = DateTimeOffset.UtcNow,
            Animated = frames is not null,
            Svg = frame.Svg is not null,
        });

        FileRecord? FileOf(string setting) =>
            job.Settings.Pictures.FirstOrDefault(picture => picture.Setting == setting).Id is { } given && studio.Files.Find(given) is { } file ? FileRecord.Of(file) with { Path = Path.GetFileName(file) } : null;
    }

    /// <summary>The record without this machine's folders: it goes to strangers.</summary>
    private PaintingRecord Anonymous(PaintingRecord record, Job job)
    {
        record = record with { ModelSource = record.Model };
        if (job.Settings.Pictures.FirstOrDefault(picture => picture.Setting == "image").Id is { } image && studio.Files.Find(image) is { } file)
        {
            var name = Path.GetFileName(file);
            record = record with { Prompt = record.Prompt.Replace(file, name, StringComparison.Ordinal), PromptPictures = [.. record.PromptPictures.Select(picture => picture with { Path = name })] };
        }

        return record;
    }

    private static string Preview(Picture picture)
    {
        // Small pictures stay sharp, which costs nothing; large ones are for a look.
        var (type, bytes) = picture.Width <= 96 ? ("png", PictureFile.EncodePng(picture, compression: 1)) : ("jpeg", PictureFile.EncodeJpeg(picture, 85));
        return $"data:image/{type};base64,{Convert.ToBase64String(bytes)}";
    }
}
