# Made the files beside it: Pillow 9.4, exiftool 12 and ImageMagick 6 wrote them; *.pillow.png is what Pillow reads from the
# file before that ending. Needed again only to make other samples.
from PIL import Image, PngImagePlugin
import subprocess
W,H=13,9
def rgb(): return Image.merge('RGB',[Image.frombytes('L',(W,H),bytes((x*19+y*7*(c+1)+c*50)%256 for y in range(H) for x in range(W))) for c in range(3)])
im=rgb(); im.save('rgb.png')
a=Image.frombytes('L',(W,H),bytes((x*21)%256 for y in range(H) for x in range(W)))
rgba=im.copy(); rgba.putalpha(a); rgba.save('rgba.png')
im.convert('L').save('grey.png'); la=im.convert('L'); la=Image.merge('LA',[la,a]); la.save('grey-alpha.png')
im.convert('1').save('bilevel.png')
p=im.quantize(16); p.save('palette4.png',bits=4)
p.info['transparency']=bytes([0,64,128]); p.save('palette-alpha.png',transparency=bytes([0,64,128]))
im.convert('L').save('grey-key.png',transparency=im.convert('L').getpixel((3,3)))
im.save('rgb-key.png',transparency=im.getpixel((2,1)))
Image.frombytes('I;16',(W,H),b''.join(((x*5000+y*300)%65536).to_bytes(2,'little') for y in range(H) for x in range(W))).save('grey16.png')
t=PngImagePlugin.PngInfo(); t.add_text('parameters','a cat\nSteps: 20, Seed: 7'); t.add_text('Comment','straße',zip=True); t.add_itxt('Title','塔 🗼','ja','題',zip=True); t.add_itxt('Plain','Ünï 塔')
im.save('texts.png',pnginfo=t)
big=Image.merge('RGB',[Image.frombytes('L',(40,24),bytes((x*6+y*(c+2)*2)%256 for y in range(24) for x in range(40))) for c in range(3)])
big.save('rgb.jpg',quality=90); big.save('progressive.jpg',quality=85,progressive=True); big.convert('L').save('grey.jpg',quality=90)
big.convert('CMYK').save('cmyk.jpg',quality=95)
big.save('rgb.webp',quality=80); big.save('lossless.webp',lossless=True)
ra=big.copy(); ra.putalpha(Image.frombytes('L',(40,24),bytes((x*6)%256 for y in range(24) for x in range(40)))); ra.save('alpha.webp',quality=80); 
subprocess.run(['convert','rgb.jpg','-colorspace','CMYK','ycck.jpg'],check=True)
frames=[big,big.transpose(Image.FLIP_LEFT_RIGHT),big.rotate(180)]
frames[0].save('animation.webp',save_all=True,append_images=frames[1:],duration=100,loop=0,lossless=True)
# orientations: an upright asymmetrical picture stored eight ways
up=Image.new('RGB',(48,32),'white'); up.paste('red',(0,0,16,16)); up.paste('blue',(32,16,48,32)); up.paste('green',(0,16,16,32))
T=Image
inv={1:None,2:T.FLIP_LEFT_RIGHT,3:T.ROTATE_180,4:T.FLIP_TOP_BOTTOM,5:T.TRANSPOSE,6:T.ROTATE_90,7:T.TRANSVERSE,8:T.ROTATE_270}
for o,op in inv.items():
    s=up if op is None else up.transpose(op)
    n=f'orientation{o}.jpg'; s.save(n,quality=95,subsampling=0)
    subprocess.run(['exiftool','-q','-overwrite_original','-n',f'-Orientation={o}',n],check=True)
up.save('upright.png')
s=up.transpose(T.ROTATE_90); s.save('orientation6.png'); subprocess.run(['exiftool','-q','-overwrite_original','-n','-IFD0:Orientation=6','orientation6.png'],check=True)
s.save('orientation6.webp',lossless=True); subprocess.run(['exiftool','-q','-overwrite_original','-n','-Orientation=6','orientation6.webp'],check=True)
subprocess.run(['convert','rgb.png','-interlace','PNG','-define','png:color-type=2','interlaced.png'],check=True)
subprocess.run(['convert','rgba.png','-interlace','PNG','-define','png:color-type=6','-define','png:bit-depth=16','-depth','16','rgba16-interlaced.png'],check=True)
subprocess.run(['convert','rgb.png','-depth','16','-evaluate','add','77','-define','png:bit-depth=16','-define','png:color-type=2','rgb16.png'],check=True)
# what Pillow reads
for n in ['rgb.jpg','progressive.jpg','grey.jpg','cmyk.jpg','rgb.webp','lossless.webp','alpha.webp','animation.webp','ycck.jpg','interlaced.png','rgb16.png','rgba16-interlaced.png']:
    i=Image.open(n); i=i if i.mode in('RGB','RGBA','L') else i.convert('RGB'); i.save(n+'.pillow.png')
for n in ['bilevel.png','palette4.png','palette-alpha.png','grey-key.png','rgb-key.png','grey-alpha.png']:
    Image.open(n).convert('RGBA').save(n+'.pillow.png')
# Resized by every filter, one strip a mode: for each filter 20 x 17, then for each 5 x 4 pixels at the left.
for mode,src in [('rgb',im),('rgba',rgba),('grey',im.convert('L')),('grey-alpha',la)]:
    strip=Image.new(src.mode,(20,5*17+5*4))
    for k,f in enumerate([Image.NEAREST,Image.BOX,Image.BILINEAR,Image.BICUBIC,Image.LANCZOS]):
        strip.paste(src.resize((20,17),f),(0,17*k)); strip.paste(src.resize((5,4),f),(0,85+4*k))
    strip.save(mode+'.resized.png')
