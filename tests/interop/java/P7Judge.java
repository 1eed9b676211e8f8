import java.math.BigInteger; import java.nio.file.*; import java.security.*; import java.util.*;
import org.bouncycastle.asn1.*; import org.bouncycastle.asn1.cms.*; import org.bouncycastle.asn1.cms.Attribute; import org.bouncycastle.asn1.x509.*; import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.cert.X509CertificateHolder; import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter; import org.bouncycastle.cms.*; import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** Judge of SignedData by GB/T 35275 (GM/T 0010) and RFC 5652 with SM2. Usage: P7Judge FILE [--content F] [--cert DER] [--form content|digest] [--issuer DER].
 *  Prints what it sees and one line "verdict: accept" or "verdict: refuse: reason"; exit code 0 or 1. */
@SuppressWarnings({"serial", "unchecked"})
public class P7Judge {
  static final String GM = "1.2.156.10197.6.1.4.2.", P7 = "1.2.840.113549.1.7.", SM3 = "1.2.156.10197.1.401";
  static final Set<String> SIGNS = Set.of("1.2.156.10197.1.301.1", "1.2.156.10197.1.501", "1.2.156.10197.1.301");
  static final BigInteger N = new BigInteger("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123", 16);
  static class Refuse extends Exception { Refuse(String m) { super(m); } }
  static class Seen { String outer, inner; boolean attributes, raw, detached; X509CertificateHolder signer; byte[] content; AttributeTable table; byte[] message; }
  static void need(boolean ok, String why) throws Refuse { if (!ok) throw new Refuse(why); }
  static byte[] sm3(byte[] b) throws Exception { return MessageDigest.getInstance("SM3", "BC").digest(b); }
  static ASN1Primitive one(byte[] b) throws Exception { try (ASN1InputStream in = new ASN1InputStream(b)) { ASN1Primitive p = in.readObject(); need(p != null && in.read() < 0, "bytes after the value"); return p; } }
  static void algorithm(AlgorithmIdentifier a, Set<String> allowed, String what) throws Refuse {
    need(allowed.contains(a.getAlgorithm().getId()), what + " " + a.getAlgorithm()); need(a.getParameters() == null || a.getParameters().equals(DERNull.INSTANCE), what + " has parameters"); }
  /** The signature as DER, from DER or, in SignedData only, from r||s. */
  static byte[] signature(byte[] s, Seen seen, boolean rawAllowed) throws Exception {
    BigInteger r, t;
    if (rawAllowed && s.length == 64) { seen.raw = true; r = new BigInteger(1, Arrays.copyOf(s, 32)); t = new BigInteger(1, Arrays.copyOfRange(s, 32, 64)); }
    else { ASN1Sequence q; try { q = ASN1Sequence.getInstance(one(s)); } catch (Refuse e) { throw e; } catch (Exception e) { throw new Refuse("signature is not DER"); }
      need(q.size() == 2, "signature is not two integers"); r = ASN1Integer.getInstance(q.getObjectAt(0)).getValue(); t = ASN1Integer.getInstance(q.getObjectAt(1)).getValue();
      need(Arrays.equals(s, new DERSequence(new ASN1Encodable[] {new ASN1Integer(r), new ASN1Integer(t)}).getEncoded("DER")), "signature is not DER"); }
    need(r.signum() > 0 && r.compareTo(N) < 0 && t.signum() > 0 && t.compareTo(N) < 0, "r or s out of range");
    return new DERSequence(new ASN1Encodable[] {new ASN1Integer(r), new ASN1Integer(t)}).getEncoded("DER"); }
  static boolean verify(X509CertificateHolder c, byte[] m, byte[] der) throws Exception {
    Signature v = Signature.getInstance("SM3withSM2", "BC"); v.initVerify(new JcaX509CertificateConverter().setProvider("BC").getCertificate(c).getPublicKey()); v.update(m); return v.verify(der); }
  static boolean likeAttributes(byte[] b) { int at = 0; for (int tag : new int[] {0x31, 0x30}) { if (b.length < at + 2 || (b[at] & 255) != tag) return false; int l = b[at + 1] & 255; at += 2 + ((l & 128) != 0 ? l & 127 : 0); } return at < b.length && b[at] == 6; }

  static Seen check(byte[] data, byte[] content, List<X509CertificateHolder> beside, String form) throws Exception {
    Seen seen = new Seen(); SignedData sd;
    ContentInfo ci; try { ci = ContentInfo.getInstance(one(data)); } catch (Refuse e) { throw e; } catch (Exception e) { throw new Refuse("not a ContentInfo: " + e.getMessage()); }
    seen.outer = ci.getContentType().getId(); need(seen.outer.equals(GM + "2") || seen.outer.equals(P7 + "2"), "content type " + seen.outer);
    try { sd = SignedData.getInstance(ci.getContent()); } catch (Exception e) { throw new Refuse("not a SignedData: " + e.getMessage()); }
    need(sd.getVersion().intValueExact() == 1, "version"); seen.inner = sd.getEncapContentInfo().getContentType().getId();
    need(seen.outer.startsWith(GM) ? seen.inner.equals(GM + "1") || seen.inner.equals(P7 + "1") : seen.inner.equals(P7 + "1"), "inner content type " + seen.inner);
    need(sd.getDigestAlgorithms().size() > 0, "no digest algorithm"); for (ASN1Encodable a : sd.getDigestAlgorithms()) algorithm(AlgorithmIdentifier.getInstance(a), Set.of(SM3), "digest algorithm");
    ASN1Encodable inside = sd.getEncapContentInfo().getContent(); seen.detached = inside == null;
    seen.content = inside == null ? null : ASN1OctetString.getInstance(inside).getOctets();
    byte[] file = content; if (form.equals("digest")) { need(file != null, "the file is needed"); content = sm3(file); }
    if (seen.content == null) { need(content != null, "detached: the content is needed"); seen.content = content; } else need(content == null || Arrays.equals(content, seen.content), "the content differs from the content in the file");
    need(sd.getSignerInfos().size() == 1, "exactly one signer"); SignerInfo si = SignerInfo.getInstance(sd.getSignerInfos().getObjectAt(0));
    need(si.getVersion().intValueExact() == 1 && si.getSID().getId() instanceof ASN1Sequence, "signer must be named by issuer and serial");
    IssuerAndSerialNumber id = IssuerAndSerialNumber.getInstance(si.getSID().getId());
    algorithm(si.getDigestAlgorithm(), Set.of(SM3), "digest algorithm"); algorithm(si.getDigestEncryptionAlgorithm(), SIGNS, "signature algorithm");
    Map<String, X509CertificateHolder> named = new HashMap<>(); List<X509CertificateHolder> all = new ArrayList<>(beside);
    if (sd.getCertificates() != null) for (ASN1Encodable c : sd.getCertificates()) all.add(new X509CertificateHolder(Certificate.getInstance(c)));
    for (X509CertificateHolder c : all) if (c.getSerialNumber().equals(id.getSerialNumber().getValue()) && Arrays.equals(c.getIssuer().getEncoded(), id.getName().getEncoded())) named.put(Base64.getEncoder().encodeToString(c.getEncoded()), c);
    need(named.size() == 1, "the signer's certificate is missing or ambiguous"); seen.signer = named.values().iterator().next();
    ASN1Set attrs = si.getAuthenticatedAttributes(); seen.attributes = attrs != null;
    if (attrs != null) {
      Set<String> types = new HashSet<>(); String ct = null; byte[] md = null;
      for (ASN1Encodable e : attrs) { Attribute a = Attribute.getInstance(e); need(types.add(a.getAttrType().getId()), "attribute twice"); need(a.getAttrValues().size() == 1, "attribute without exactly one value");
        if (a.getAttrType().equals(CMSAttributes.contentType)) ct = ASN1ObjectIdentifier.getInstance(a.getAttrValues().getObjectAt(0)).getId();
        if (a.getAttrType().equals(CMSAttributes.messageDigest)) md = ASN1OctetString.getInstance(a.getAttrValues().getObjectAt(0)).getOctets(); }
      need(ct != null, "no contentType attribute"); need(ct.equals(seen.inner) || seen.outer.startsWith(GM) && (ct.equals(GM + "1") || ct.equals(P7 + "1")), "contentType attribute " + ct);
      need(md != null && Arrays.equals(md, sm3(seen.content)), "messageDigest is not that of the content"); seen.table = new AttributeTable(attrs);
      ASN1EncodableVector v = new ASN1EncodableVector(); for (ASN1Encodable e : attrs) v.add(e); seen.message = new DERSet(v).getEncoded("DER");
    } else { need(!likeAttributes(seen.content), "the content is signed attributes of another signature"); seen.message = seen.content; }
    byte[] s = signature(si.getEncryptedDigest().getOctets(), seen, true); need(verify(seen.signer, seen.message, s), "signature does not verify"); return seen; }

  /** Result of Bouncy Castle's own CMS reader, for comparison only. */
  static String stock(byte[] data, byte[] content) { try { CMSSignedData s = new CMSSignedData(data); if (s.getSignedContent() == null && content != null) s = new CMSSignedData(new CMSProcessableByteArray(content), data); String r = "";
      for (SignerInformation i : s.getSignerInfos().getSigners()) { Collection<X509CertificateHolder> c = s.getCertificates().getMatches(i.getSID()); r += c.isEmpty() ? " no certificate" : " " + i.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(c.iterator().next())); } return r.isEmpty() ? " no signer" : r; } catch (Throwable e) { return " " + e.getClass().getSimpleName() + ": " + e.getMessage(); } }
  static void issued(X509CertificateHolder c, X509CertificateHolder by) throws Exception { Seen s = new Seen(); need(Arrays.equals(c.getIssuer().getEncoded(), by.getSubject().getEncoded()), "issuer's name differs"); need(verify(by, c.toASN1Structure().getTBSCertificate().getEncoded(), signature(c.getSignature(), s, false)), "certificate is not signed by the issuer given"); }
  static byte[] read(String f) throws Exception { return Files.readAllBytes(Paths.get(f)); }
  public static void main(String[] a) throws Exception {
    Security.addProvider(new BouncyCastleProvider()); byte[] content = null; String form = "content"; List<X509CertificateHolder> beside = new ArrayList<>(); X509CertificateHolder issuer = null;
    for (int i = 1; i < a.length; i += 2) switch (a[i]) { case "--content": content = read(a[i + 1]); break; case "--cert": beside.add(new X509CertificateHolder(read(a[i + 1]))); break; case "--form": form = a[i + 1]; break; case "--issuer": issuer = new X509CertificateHolder(read(a[i + 1])); break; default: System.err.println("unknown " + a[i]); System.exit(2); }
    byte[] d = read(a[0]);
    System.out.println("bc-cms:" + stock(d, content));
    try { Seen s = check(d, content, beside, form); if (issuer != null) issued(s.signer, issuer);
      System.out.println("type " + s.outer + " inner " + s.inner + (s.attributes ? " attributes" : " no-attributes") + (s.detached ? " detached" : "") + (s.raw ? " raw64" : "") + " signer " + s.signer.getSubject()); System.out.println("verdict: accept"); }
    catch (Throwable e) { System.out.println("verdict: refuse: " + (e instanceof Refuse ? "" : e.getClass().getSimpleName() + " ") + e.getMessage()); throw new Judges.Refused(); } } }
